/**
 * One error class for everything that can go wrong between this library and the service.
 *
 * E1. `code` is the service's own code when the service answered, and one of `ClientCode` when it did not.
 *     Decisions are made on `code`, never on the HTTP status alone.
 * E2. `retry` says what a caller may do about it; `reached` says whether the service may have acted on the request.
 * E3. No message, cause or field ever holds a secret: headers are not kept.
 */

/**
 * backoff: send the same request again, later. resendBlock: upload the block again.
 * restartSession: this session is of no use any more. resolveByGet: ask the session for its status, then decide.
 * fatal: repeating does not help, somebody has to change something.
 */
export type RetryClass = 'backoff' | 'resendBlock' | 'restartSession' | 'resolveByGet' | 'fatal'

/** no: the request never left this host. maybe: no answer was read. yes: the service answered. */
export type Reached = 'no' | 'maybe' | 'yes'

/** Codes of failures that are not answers of the service. */
export type ClientCode =
  | 'HostNotFound'
  | 'ConnectionRefused'
  | 'ConnectionReset'
  | 'ConnectTimeout'
  | 'HostUnreachable'
  | 'TlsFailure'
  | 'ResponseTimeout'
  | 'IdleTimeout'
  | 'Aborted'
  | 'NetworkFailure'
  | 'ResponseTooLarge'
  | 'UnexpectedResponse'
  | 'CorruptedResponse'
  | 'InvalidConfiguration'
  | 'InvalidPartitionSpec'
  | 'InvalidValue'
  | 'UnsupportedType'
  | 'UnsupportedEncoding'
  | 'InstanceFailed'
  | 'InstanceOutcomeUnknown'
  | 'InstanceTimeout'
  | 'RetriesExhausted'

export interface MaxComputeErrorDetails {
  readonly httpStatus?: number
  readonly requestId?: string
  readonly retry?: RetryClass
  readonly reached?: Reached
  /** How long the service asks us to wait (Retry-After, HoldClientMillis). */
  readonly holdMs?: number
  readonly cause?: unknown
}

export class MaxComputeError extends Error {
  override readonly name = 'MaxComputeError'
  /** A `ClientCode`, or any code of the service. */
  readonly code: string
  readonly httpStatus: number | undefined
  readonly requestId: string | undefined
  readonly retry: RetryClass
  readonly reached: Reached
  readonly holdMs: number | undefined

  constructor(
    code: ClientCode | (string & {}),
    message: string,
    details: MaxComputeErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.httpStatus = details.httpStatus
    this.requestId = details.requestId
    this.retry = details.retry ?? retryClassOf(code, details.httpStatus)
    this.reached = details.reached ?? (details.httpStatus === undefined ? 'no' : 'yes')
    this.holdMs = details.holdMs
  }
}

const RETRY_OF_CODE: Readonly<Record<string, RetryClass>> = {}

/** The table of the service's codes; unknown codes go by their HTTP status. */
export function retryClassOf(code: string, httpStatus?: number): RetryClass {
  const known = RETRY_OF_CODE[code]
  if (known !== undefined) return known
  return httpStatus !== undefined && (httpStatus === 429 || httpStatus >= 500) ? 'backoff' : 'fatal'
}
