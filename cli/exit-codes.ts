/** What the command line's exit codes mean; `sluice --help` prints this table. */
import type { ClientError } from './client-error.ts'

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  unreachable: 5,
  held: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    the run failed or was killed, or the control plane refused the request
  2    the command line is wrong
  3    there is no such thing
  4    no token, or the control plane does not accept it
  5    the control plane cannot be reached
  6    the run is held: whether its rows are there is not known, a person decides
  130  interrupted

Environment:
  SLUICE_SERVER      control plane, default http://127.0.0.1:7420
  SLUICE_TOKEN       API token; or
  SLUICE_TOKEN_FILE  file that holds it
  SLUICE_CA_FILE     PEM of the CA that signed the control plane's certificate
Else ~/.config/sluice/config.json: {"server": ..., "tokenFile": ..., "caFile": ...}`

export function exitCodeOf(error: ClientError): ExitCode {
  if (error.code === 'UNREACHABLE') return EXIT.unreachable
  if (error.code === 'UNAUTHENTICATED') return EXIT.auth
  if (error.code === 'INVALID_REQUEST') return EXIT.usage
  return error.code.endsWith('_NOT_FOUND') ? EXIT.notFound : EXIT.failed
}

/** A run's last state as an exit code. */
export function exitCodeOfRun(state: string): ExitCode {
  if (state === 'succeeded') return EXIT.ok
  return state === 'held' ? EXIT.held : EXIT.failed
}
