import type { ApiClient } from '../../cli/client.ts'
import { renderProgressBar, renderProgressLine } from '../../cli/progress-bar.ts'
import { RateWindow } from '../../cli/rate-window.ts'
import type { RunProgress } from '../../control-plane/run/run-port.ts'
import { waitForRun } from '../local-system/runs.ts'
import type { Screen } from './screen.ts'

/** Without a terminal a line is printed when the phase changes, and this often otherwise. */
const PLAIN_LINE_EVERY_MS = 2_000
const BAR_WIDTH_MIN = 40

/** Watches the run to its end on the screen. */
export async function followRun(
  client: ApiClient,
  runId: number,
  screen: Screen,
): Promise<RunProgress> {
  const rates = new RateWindow()
  let printed = { status: '', atMs: 0 }
  return waitForRun(client, runId, {
    onProgress: (progress) => {
      const nowMs = Date.now()
      const now = rates.add(nowMs, progress.rows, progress.bytesRead)
      const agents = progress.agents.length === 0 ? '' : `  on ${progress.agents.join(', ')}`
      if (screen.isTerminal) {
        const room = screen.width - agents.length
        const bar = renderProgressBar(progress, now, Math.max(room, BAR_WIDTH_MIN))
        screen.paint(room >= BAR_WIDTH_MIN ? bar + agents : bar)
        return
      }
      const status = `${progress.state}/${progress.phase}/${progress.waitingFor ?? ''}`
      if (status === printed.status && nowMs - printed.atMs < PLAIN_LINE_EVERY_MS) return
      printed = { status, atMs: nowMs }
      screen.note(renderProgressLine(progress, now) + agents)
    },
  })
}
