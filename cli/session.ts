/** What every command is given: the client, where to print, and the signal of Ctrl-C. */
import { ApiClient } from './client.ts'
import type { ExitCode } from './exit-codes.ts'
import { loadSettings } from './settings.ts'

export interface Session {
  readonly client: ApiClient
  readonly out: (line: string) => void
  /** For people: progress, notes, hints. Never what a script reads. */
  readonly err: (line: string) => void
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** @param signal asked for when a command first wants to hear of Ctrl-C; until then Ctrl-C ends it */
export function newSession(signal: () => AbortSignal): Session {
  let client: ApiClient | null = null
  return {
    // Made when it is needed: `up` and `agent run` do without, whatever the settings say.
    get client() {
      return (client ??= new ApiClient(loadSettings()))
    },
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    get signal() {
      return signal()
    },
  }
}

/** Runs a command's action with a session; its value becomes the exit code. */
export type Act = <Args extends unknown[]>(
  work: (session: Session, ...args: Args) => Promise<ExitCode | void>,
) => (...args: Args) => Promise<void>
