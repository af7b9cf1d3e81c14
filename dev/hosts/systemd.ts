/** Hosts whose process 1 is the machine's own systemd. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { BedError } from './bed-error.ts'
import type { CommandEnd } from './command.ts'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 200

/** As the package lays it down: where the units of this host alone are. */
export function layDownSystemdFolders(root: string): void {
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true })
}

/** Resolves when all that is started at boot has started, or has failed (`degraded`). `exec`: on the host. */
export async function systemdStarted(
  hostName: string,
  exec: (command: readonly string[]) => Promise<CommandEnd>,
): Promise<void> {
  const startedMs = performance.now()
  for (;;) {
    const { stdout, stderr } = await exec(['systemctl', 'is-system-running'])
    if (['running', 'degraded'].includes(stdout.trim())) return
    if (performance.now() - startedMs > START_TIMEOUT_MS) {
      const message = `systemd of host ${hostName} has not started after ${START_TIMEOUT_MS / 1000} s: ${stdout}${stderr}`
      throw new BedError('WAIT_TIMEOUT', message.trim())
    }
    await sleep(POLL_MS)
  }
}
