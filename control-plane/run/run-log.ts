import type { ActiveRun } from './active-run.ts'

export type LogLevel = 'info' | 'warn' | 'error'

/** Lines that a user reads with `sluice run logs`. */
export interface RunLog {
  run(run: Pick<ActiveRun, 'id'>, level: LogLevel, message: string): void
}
