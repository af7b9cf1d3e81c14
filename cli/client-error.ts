import type { ApiErrorCode } from '../control-plane/api/api-error.ts'
import type { ProblemShape } from '../control-plane/api/shapes/building-blocks.ts'

/** The API's own codes, and what can go wrong before it answers. */
export type ClientErrorCode =
  | ApiErrorCode
  | 'UNREACHABLE' // no answer: wrong address, not running, wrong certificate
  | 'BAD_ANSWER' // something answered that is not this API

/** The one error of the client. */
export class ClientError extends Error {
  readonly code: ClientErrorCode
  readonly where: string | null
  readonly problems: readonly ProblemShape[]

  constructor(
    code: ClientErrorCode,
    message: string,
    details: { where?: string; problems?: readonly ProblemShape[]; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'ClientError'
    this.code = code
    this.where = details.where ?? null
    this.problems = details.problems ?? []
  }
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}
