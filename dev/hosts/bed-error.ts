export type BedErrorCode =
  /** Not root, or a tool is missing: nothing was started. */
  | 'REQUIREMENT_MISSING'
  /** A command of the bed itself, or one that had to succeed on a host, failed. */
  | 'COMMAND_FAILED'
  | 'COMMAND_TIMEOUT'
  | 'HOST_IS_DOWN'
  | 'HOST_IS_UP'
  | 'NO_SUCH_SNAPSHOT'
  | 'WAIT_TIMEOUT'

/** What went wrong with the test bed, or with a host of it. */
export class BedError extends Error {
  override readonly name = 'BedError'
  readonly code: BedErrorCode

  constructor(code: BedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
