import { randomUUID } from 'node:crypto'

import type { Command } from 'commander'

import { parseCycTime } from '../cyc-time.ts'
import { keyValue, repeated, wholeNumber } from '../read-input.ts'
import type { Act } from '../session.ts'
import { followRun } from './follow-run.ts'

interface StartFlags {
  readonly group?: string
  readonly param?: readonly string[]
  readonly cyctime?: string
  readonly timezone?: string
  readonly priority?: number
  readonly watch?: boolean
  readonly logs?: boolean
}

/** `sluice job run NAME`: prints the run's number, or watches it to its end. */
export function startRunCommand(command: Command, act: Act): void {
  command
    .description('start a run')
    .option('--group <group>', "execute it there instead of in the job's own group")
    .option('--param <key=value>', 'scheduling parameter; may be repeated', repeated)
    .option('--cyctime <time>', 'planned time: yyyymmddhhmmss or ISO 8601; default now')
    .option('--timezone <name>', "of a --cyctime without an offset (default: the control plane's)")
    .option('--priority <number>', '1 to 8, larger goes first (default: 1)', wholeNumber(1, 8))
    .option('-w, --watch', 'stay until it is over; the exit code tells how it ended')
    .option('--logs', 'with --watch: its log lines too')
    .action(
      act(async (session, name: string, flags: StartFlags) => {
        const params = Object.fromEntries(
          (flags.param ?? []).map((given) => keyValue('--param', given)),
        )
        // Not this host's zone: parameters are evaluated in the control plane's.
        const zone = async () => flags.timezone ?? (await session.client.info()).timeZone
        const cycTimeMs =
          flags.cyctime === undefined ? null : parseCycTime(flags.cyctime, await zone())
        const priority = flags.priority ?? null
        const input = { job: name, group: flags.group ?? null, params, cycTimeMs, priority }
        const run = await session.client.startRun(input, randomUUID())
        if (flags.watch === true) return followRun(session, run.id, { logs: flags.logs === true })
        session.out(String(run.id))
        session.err(`Run ${run.id} was started: sluice run watch ${run.id}`)
        return undefined
      }),
    )
}
