import { MaxComputeError } from '../../maxcompute/errors.ts'
/**
 * The one funnel from whatever went wrong to the WorkError that the control plane and the user see.
 *
 * E1. Every message says what happened, where, and what to do. The errors of the two boundaries say the first two.
 * E2. Nothing that was thrown is lost: what has no code of its own is INTERNAL, with its name and message.
 */
import type { DirtyRecordInput } from '../../proto/gen/sluice/agent/v1/DirtyRecord.ts'
import type { WorkErrorInput } from '../../proto/gen/sluice/agent/v1/WorkError.ts'
import type { WorkErrorCode } from '../../proto/work-error-codes.ts'
import { MappingError } from '../convert/mapping.ts'
import { KafkaError, type KafkaErrorCode } from '../kafka/errors.ts'

export type WorkRetry = 'FATAL' | 'BACKOFF' | 'RESTART_SESSION'

export type WorkWhere = Readonly<Record<string, string>>

/** A failure that the work itself found, already in the terms of the link. */
export class WorkFailure extends Error {
  override readonly name = 'WorkFailure'
  readonly code: WorkErrorCode
  readonly retry: WorkRetry
  readonly where: WorkWhere
  /** With DIRTY_LIMIT_EXCEEDED: the records that a person should see. */
  readonly dirty: readonly DirtyRecordInput[]

  constructor(
    code: WorkErrorCode,
    message: string,
    details: {
      readonly retry?: WorkRetry
      readonly where?: WorkWhere
      readonly cause?: unknown
      readonly dirty?: readonly DirtyRecordInput[]
    } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retry = details.retry ?? 'FATAL'
    this.where = details.where ?? {}
    this.dirty = details.dirty ?? []
  }
}

const CAUSE_CHARS_MAX = 2_000

/** `where` is what the work knows of its place; the error's own knowledge goes before it. */
export function toWorkError(thrown: unknown, where: WorkWhere): WorkErrorInput {
  const { code, retry, message, where: own } = classify(thrown)
  const dirty = thrown instanceof WorkFailure ? [...thrown.dirty] : []
  return { code, retry, message, where: { ...where, ...own }, cause: causeText(thrown), dirty }
}

interface Classified {
  readonly code: WorkErrorCode
  readonly retry: WorkRetry
  readonly message: string
  readonly where: WorkWhere
}

function classify(thrown: unknown): Classified {
  if (thrown instanceof WorkFailure) return thrown
  if (thrown instanceof KafkaError) return ofKafka(thrown)
  if (thrown instanceof MaxComputeError) return ofMaxCompute(thrown)
  if (thrown instanceof MappingError) {
    const { code, message, column } = thrown
    return { code, retry: 'FATAL', message, where: column === '' ? {} : { column } }
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const systemCode = (error as { code?: unknown }).code
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    const message = `The agent's disk is full (${error.message}): make room in its state directory.`
    return { code: 'DISK_FULL', retry: 'BACKOFF', message, where: {} }
  }
  if (error.name === 'AbortError') {
    return { code: 'CANCELLED', retry: 'BACKOFF', message: 'The work was cancelled.', where: {} }
  }
  return {
    code: 'INTERNAL',
    retry: 'BACKOFF',
    message: `A bug in the agent: ${error.name}: ${error.message}. Please report it with the run's log.`,
    where: {},
  }
}

const KAFKA_CODES: Readonly<Record<KafkaErrorCode, WorkErrorCode>> = {
  UNREACHABLE: 'KAFKA_UNREACHABLE',
  AUTHENTICATION_FAILED: 'KAFKA_AUTHENTICATION_FAILED',
  NOT_AUTHORIZED: 'TOPIC_NOT_AUTHORIZED',
  TOPIC_NOT_FOUND: 'TOPIC_NOT_FOUND',
  TOPIC_PARTITION_NOT_FOUND: 'TOPIC_PARTITION_NOT_FOUND',
  TOPIC_EXISTS: 'KAFKA_ERROR',
  TOPIC_RECREATED: 'TOPIC_RECREATED',
  LOG_TRUNCATED: 'OFFSET_OUT_OF_RANGE',
  OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
  CORRUPT_BATCH: 'CORRUPT_BATCH',
  BATCH_TOO_LARGE: 'RECORD_TOO_LARGE',
  UNSUPPORTED_FORMAT: 'UNSUPPORTED_BATCH_FORMAT',
  UNSUPPORTED_VERSION: 'KAFKA_ERROR',
  NOT_LEADER: 'KAFKA_ERROR',
  GROUP_ACTIVE: 'KAFKA_ERROR',
  NO_PROGRESS: 'KAFKA_NO_PROGRESS',
  CANCELLED: 'CANCELLED',
  INVALID_CONFIGURATION: 'KAFKA_ERROR',
  PROTOCOL: 'KAFKA_ERROR',
}

function ofKafka(error: KafkaError): Classified {
  const where: Record<string, string> = {}
  for (const [key, value] of Object.entries(error.where)) where[key] = String(value)
  const retry = error.retryable || error.code === 'CANCELLED' ? 'BACKOFF' : 'FATAL'
  return { code: KAFKA_CODES[error.code], retry, message: `Kafka: ${error.message}`, where }
}

const MAXCOMPUTE_CODES: Readonly<Record<string, WorkErrorCode>> = {
  HostNotFound: 'MAXCOMPUTE_UNREACHABLE',
  DnsUnavailable: 'MAXCOMPUTE_UNREACHABLE',
  ConnectionRefused: 'MAXCOMPUTE_UNREACHABLE',
  ConnectionReset: 'MAXCOMPUTE_UNREACHABLE',
  ConnectTimeout: 'MAXCOMPUTE_UNREACHABLE',
  HostUnreachable: 'MAXCOMPUTE_UNREACHABLE',
  TlsFailure: 'MAXCOMPUTE_UNREACHABLE',
  ResponseTimeout: 'MAXCOMPUTE_UNREACHABLE',
  IdleTimeout: 'MAXCOMPUTE_UNREACHABLE',
  NetworkFailure: 'MAXCOMPUTE_UNREACHABLE',
  Unauthorized: 'MAXCOMPUTE_AUTHENTICATION_FAILED',
  AuthorizationRequired: 'MAXCOMPUTE_AUTHENTICATION_FAILED',
  RequestTimeTooSkewed: 'MAXCOMPUTE_AUTHENTICATION_FAILED',
  InvalidAccessKeyId: 'MAXCOMPUTE_AUTHENTICATION_FAILED',
  SignatureNotMatch: 'MAXCOMPUTE_AUTHENTICATION_FAILED',
  AccessDenied: 'MAXCOMPUTE_NO_PERMISSION',
  NoPermission: 'MAXCOMPUTE_NO_PERMISSION',
  FlowExceeded: 'MAXCOMPUTE_THROTTLED',
  SlotExceeded: 'MAXCOMPUTE_THROTTLED',
  QPSExceeded: 'MAXCOMPUTE_THROTTLED',
  RequestQuotaExceeded: 'MAXCOMPUTE_THROTTLED',
  NoSuchProject: 'PROJECT_NOT_FOUND',
  NoSuchTable: 'TABLE_NOT_FOUND',
  NoSuchSchema: 'TABLE_NOT_FOUND',
  NoSuchPartition: 'PARTITION_SPEC_INVALID',
  InvalidPartitionSpec: 'PARTITION_SPEC_INVALID',
  MissingPartitionSpec: 'PARTITION_SPEC_INVALID',
  NoSuchUpload: 'SESSION_LOST',
  UnsupportedType: 'COLUMN_TYPE_UNSUPPORTED',
  InstanceFailed: 'SQL_FAILED',
  InstanceOutcomeUnknown: 'SQL_FAILED',
  InstanceTimeout: 'SQL_FAILED',
  Aborted: 'CANCELLED',
}

function ofMaxCompute(error: MaxComputeError): Classified {
  const { requestId } = error
  const where: WorkWhere = requestId === undefined ? {} : { requestId }
  const message = `MaxCompute: ${error.message}`
  if (error.retry === 'restartSession' || error.code === 'NoSuchUpload') {
    return { code: 'SESSION_LOST', retry: 'RESTART_SESSION', message, where }
  }
  const code = Object.hasOwn(MAXCOMPUTE_CODES, error.code)
    ? MAXCOMPUTE_CODES[error.code]!
    : error.httpStatus === 429
      ? 'MAXCOMPUTE_THROTTLED'
      : 'MAXCOMPUTE_ERROR'
  const fatal = error.retry === 'fatal' && code !== 'CANCELLED'
  // A statement whose outcome nobody knows must not be sent again by itself.
  const isSql = code === 'SQL_FAILED'
  return { code, retry: fatal || isSql ? 'FATAL' : 'BACKOFF', message, where }
}

/** The chain of causes, one line. */
function causeText(thrown: unknown): string {
  const parts: string[] = []
  let cause = thrown instanceof Error ? thrown.cause : undefined
  while (cause instanceof Error && parts.length < 5) {
    parts.push(`${cause.name}: ${cause.message}`)
    cause = cause.cause
  }
  return parts.join(' <- ').slice(0, CAUSE_CHARS_MAX)
}
