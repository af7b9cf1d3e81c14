export type LocalSystemErrorCode =
  | 'ENDED_EARLY'
  | 'NOT_READY'
  | 'NOT_RUNNING'
  | 'NO_FREE_PORT'
  | 'QUERY_FAILED'
  | 'RUN_TIMEOUT'

/** What went wrong with a process of the local system, or with something asked of it. */
export class LocalSystemError extends Error {
  override readonly name = 'LocalSystemError'
  readonly code: LocalSystemErrorCode

  constructor(code: LocalSystemErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
