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

/**
 * Whether the service may have acted on the request. no: it was never sent. yes: the service answered that it refuses.
 * maybe: no answer was read, or one (5xx) that does not say what was done.
 */
export type Reached = 'no' | 'maybe' | 'yes'

/** Codes of failures that are not answers of the service. */
export type ClientCode =
  | 'HostNotFound'
  | 'DnsUnavailable'
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
    this.reached = details.reached ?? reachedBy(details.httpStatus)
    this.holdMs = details.holdMs
  }
}

function reachedBy(httpStatus: number | undefined): Reached {
  if (httpStatus === undefined) return 'no'
  return httpStatus >= 500 ? 'maybe' : 'yes'
}

const CODES: Readonly<Record<RetryClass, readonly string[]>> = {
  backoff: [
    'FlowExceeded',
    'SlotExceeded',
    'QPSExceeded',
    'RequestQuotaExceeded',
    'ServiceUnavailable',
    'InternalServerError',
    'InternalConnectionError',
    'DataUnderReplication',
    'DataStoreError',
    'MetaTransactionFailed',
    'RequestTimeOut',
    // Of this library: nothing but the network stood in the way.
    'DnsUnavailable',
    'ConnectionRefused',
    'ConnectionReset',
    'ConnectTimeout',
    'HostUnreachable',
    'ResponseTimeout',
    'IdleTimeout',
    'NetworkFailure',
  ],
  resendBlock: ['CorruptedDataStream', 'MalformedDataStream', 'IncompleteBody'],
  restartSession: [
    'TableModified',
    'DataVersionConflict',
    'SchemaModified',
    'MetaTransactionAborted',
  ],
  resolveByGet: [
    'StatusConflict',
    'InvalidStatusChange',
    'InConsistentBlockList',
    'InstanceOutcomeUnknown',
  ],
  fatal: [
    'AccessDenied',
    'NoPermission',
    'Unauthorized',
    'AuthorizationRequired',
    'RequestTimeTooSkewed',
    'InvalidArgument',
    'InvalidParameter',
    'InvalidBlockID',
    'InvalidColumnSpec',
    'InvalidRowRange',
    'InvalidPartitionSpec',
    'MissingPartitionSpec',
    'InvalidProjectTable',
    'InvalidResourceSpec',
    'InvalidURI',
    'MethodNotAllowed',
    'NoSuchObject',
    'NoSuchProject',
    'NoSuchTable',
    'NoSuchPartition',
    'NoSuchSchema',
    'NoSuchUpload',
    'NoSuchDownload',
    'NoSuchData',
    'OverwriteModeNotAllowed',
    'InstanceNotTerminate',
    'InstanceNotTerminated',
    'InstanceTypeNotSupported',
    'StreamSessionNotFound',
    'UpsertSessionNotFound',
    // Of this library. A name that does not resolve or a certificate that is not trusted is a setting to correct.
    'HostNotFound',
    'TlsFailure',
    'Aborted',
  ],
}

const RETRY_OF_CODE: ReadonlyMap<string, RetryClass> = new Map(
  Object.entries(CODES).flatMap(([retry, codes]) =>
    codes.map((code) => [code, retry as RetryClass] as const),
  ),
)

/** The table of the service's codes; unknown codes go by their HTTP status. */
export function retryClassOf(code: string, httpStatus?: number): RetryClass {
  const known = RETRY_OF_CODE.get(code)
  if (known !== undefined) return known
  return httpStatus !== undefined && (httpStatus === 429 || httpStatus >= 500) ? 'backoff' : 'fatal'
}

/** What the system calls a failure, and what we tell the user. */
const SYSTEM_FAILURES: Readonly<
  Record<string, readonly [code: ClientCode, reached: Reached, advice: string]>
> = {
  ENOTFOUND: ['HostNotFound', 'no', "endpoint host not found: check its name and this host's DNS"],
  EAI_AGAIN: ['DnsUnavailable', 'no', "this host's DNS did not answer"],
  ECONNREFUSED: [
    'ConnectionRefused',
    'no',
    "nothing listens at the endpoint's port, or a firewall refuses it",
  ],
  EHOSTUNREACH: ['HostUnreachable', 'no', 'no route to the endpoint: check network and firewall'],
  ENETUNREACH: ['HostUnreachable', 'no', 'no route to the endpoint: check network and firewall'],
  ETIMEDOUT: [
    'ConnectTimeout',
    'maybe',
    'the endpoint did not answer in time: check network and firewall',
  ],
  ECONNRESET: [
    'ConnectionReset',
    'maybe',
    'the connection was cut by the service or something on the way',
  ],
  EPIPE: [
    'ConnectionReset',
    'maybe',
    'the connection was cut by the service or something on the way',
  ],
  ECONNABORTED: ['ConnectionReset', 'maybe', 'the connection was cut'],
  EPROTO: ['TlsFailure', 'no', 'TLS failed: does the endpoint speak https at this port?'],
}

/** Node's codes of failed certificates and handshakes. */
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/

/**
 * The one funnel for whatever was thrown while a request was made. `where` names the request, e.g. "GET https://host/projects/p".
 * A `MaxComputeError` passes through; an abort by the caller becomes `Aborted`.
 */
export function fromUnknown(thrown: unknown, where: string): MaxComputeError {
  if (thrown instanceof MaxComputeError) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (error.name === 'AbortError' || error.name === 'TimeoutError') {
    return new MaxComputeError('Aborted', `${where}: stopped by the caller`, {
      cause: error,
      reached: 'maybe',
    })
  }
  const code = systemCode(error)
  if (code !== undefined && TLS_CODE.test(code)) {
    return new MaxComputeError(
      'TlsFailure',
      `${where}: TLS failed (${code}): check the certificate and the endpoint's scheme`,
      { cause: error, reached: 'no' },
    )
  }
  const [clientCode, reached, advice] = SYSTEM_FAILURES[code ?? ''] ?? [
    'NetworkFailure' as const,
    'maybe' as const,
    error.message,
  ]
  const shown = code === undefined ? '' : ` (${code})`
  return new MaxComputeError(clientCode, `${where}: ${advice}${shown}`, { cause: error, reached })
}

/** Several addresses were tried: the first one's code stands for all. */
function systemCode(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  if (error instanceof AggregateError) {
    const [first] = error.errors as unknown[]
    if (first instanceof Error) return systemCode(first)
  }
  return error.cause instanceof Error ? systemCode(error.cause) : undefined
}
