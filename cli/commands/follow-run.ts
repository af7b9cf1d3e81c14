/** Watches a run to its end: a live bar on a terminal, plain lines elsewhere. */
import type { RunProgress } from '../../control-plane/run/run-port.ts'
import { ClientError } from '../client-error.ts'
import { EXIT, type ExitCode, exitCodeOfRun } from '../exit-codes.ts'
import { LiveLine } from '../live-line.ts'
import { renderProgressBar, renderProgressLine } from '../progress-bar.ts'
import { RateWindow } from '../rate-window.ts'
import type { Session } from '../session.ts'
import { pause } from '../watch-pause.ts'
import { watchRun } from '../watch-run.ts'
import { logLine } from './log-lines.ts'
import { errorLines } from './run-error.ts'

/** Without a terminal a line is printed when state or phase change, and this often otherwise. */
const PLAIN_LINE_EVERY_MS = 5000
/** A broken connection is tried again so often in a row, with a growing pause in between. */
const RECONNECTS_MAX = 5
const RECONNECT_PAUSE_MS = 500

interface Display {
  progress(progress: RunProgress): void
  log(text: string): void
  finish(): void
}

export interface FollowOptions {
  readonly logs: boolean
  /** Log lines only, on stdout. */
  readonly quiet?: boolean
}

/** @returns the run's end as an exit code; `held` ends it too, since only a person can go on */
export async function followRun(
  session: Session,
  runId: number,
  options: FollowOptions,
): Promise<ExitCode> {
  const display = options.quiet === true ? logsOnly(session) : newDisplay(session)
  try {
    const last = await follow(session, runId, options, display)
    display.finish()
    if (last === null) return interrupted(session, runId)
    errorLines(last.error).forEach(session.err)
    if (last.state === 'held') session.err(heldHint(runId))
    return exitCodeOfRun(last.state)
  } finally {
    display.finish()
  }
}

/** @returns the last progress; null when interrupted */
async function follow(
  session: Session,
  runId: number,
  options: FollowOptions,
  display: Display,
): Promise<RunProgress | null> {
  let afterLogId = 0
  for (let failures = 0; ;) {
    try {
      const how = { logs: options.logs, afterLogId, signal: session.signal }
      for await (const event of watchRun(session.client.target, runId, how)) {
        failures = 0
        if (event.type === 'log') {
          afterLogId = event.line.id
          display.log(logLine(event.line))
          continue
        }
        display.progress(event.progress)
        if (event.type === 'end' || event.progress.state === 'held') return event.progress
      }
      return null
    } catch (error) {
      if (session.signal.aborted) return null
      const canRetry = error instanceof ClientError && error.code === 'UNREACHABLE'
      if (!canRetry || failures >= RECONNECTS_MAX) throw error
      failures++
      await pause(RECONNECT_PAUSE_MS * failures, session.signal)
    }
  }
}

function newDisplay(session: Session): Display {
  return process.stderr.isTTY ? barDisplay() : plainDisplay(session)
}

function barDisplay(): Display {
  const line = new LiveLine(process.stderr)
  const rates = new RateWindow()
  return {
    progress: (progress) => {
      const now = rates.add(Date.now(), progress.rows, progress.bytesRead)
      line.paint(renderProgressBar(progress, now, line.width))
    },
    log: (text) => line.above(text),
    finish: () => line.finish(),
  }
}

function plainDisplay(session: Session): Display {
  const rates = new RateWindow()
  let printed = { status: '', atMs: 0 }
  return {
    progress: (progress) => {
      const nowMs = Date.now()
      const now = rates.add(nowMs, progress.rows, progress.bytesRead)
      const status = `${progress.state}/${progress.phase}/${progress.waitingFor ?? ''}`
      if (status === printed.status && nowMs - printed.atMs < PLAIN_LINE_EVERY_MS) return
      printed = { status, atMs: nowMs }
      session.err(renderProgressLine(progress, now))
    },
    log: session.err,
    finish: () => {},
  }
}

function logsOnly(session: Session): Display {
  return { progress: () => {}, log: session.out, finish: () => {} }
}

function interrupted(session: Session, runId: number): ExitCode {
  session.err(`Run ${runId} goes on: sluice run watch ${runId}, sluice run kill ${runId}`)
  return EXIT.interrupted
}

function heldHint(runId: number): string {
  return (
    `Run ${runId} is held: look at the target table and at \`sluice run show ${runId}\`, then\n` +
    `  sluice run resolve ${runId} committed        its rows are there\n` +
    `  sluice run resolve ${runId} not-committed    its rows are not there`
  )
}
