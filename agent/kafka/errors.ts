/**
 * The one error class of the Kafka port. `code` comes from the closed list below; `retryable` says
 * whether the same call may succeed later without anyone changing anything.
 */

export const KAFKA_ERROR_CODES = [
  'UNREACHABLE', // no connection, or it broke, or no answer within the deadline
  'AUTHENTICATION_FAILED', // SASL or TLS refused by either side
  'NOT_AUTHORIZED', // the user may not do this with the topic, group or cluster
  'TOPIC_NOT_FOUND',
  'TOPIC_PARTITION_NOT_FOUND',
  'TOPIC_EXISTS', // createTopic only
  'TOPIC_RECREATED', // same name, other topic id than the one pinned
  'LOG_TRUNCATED', // records of the range were replaced after an unclean leader election
  'OFFSET_OUT_OF_RANGE', // retention, DeleteRecords or truncation took offsets of the range
  'CORRUPT_BATCH', // CRC mismatch or impossible lengths, twice in a row
  'BATCH_TOO_LARGE', // a record batch above the configured limit, stored or decompressed
  'UNSUPPORTED_FORMAT', // message format 0 or 1, unknown codec, a time or offset beyond 2^53
  'UNSUPPORTED_VERSION', // the broker speaks no version of a request that this client does
  'NOT_LEADER', // only between port and reader: look the leader up again
  'GROUP_ACTIVE', // offsets of a group with live members cannot be set from outside
  'NO_PROGRESS', // no leader, or no data of the range, for the whole no-progress time
  'CANCELLED', // the caller's signal
  'INVALID_CONFIGURATION',
  'PROTOCOL', // any other answer of a broker, or bytes that do not parse
] as const

export type KafkaErrorCode = (typeof KAFKA_ERROR_CODES)[number]

/** Where it happened; only what is known. Never holds a secret. */
export interface KafkaErrorWhere {
  readonly bootstrap?: string
  readonly broker?: string
  readonly topic?: string
  readonly topicPartition?: number
  readonly offset?: number
  readonly group?: string
}

export interface KafkaErrorDetails {
  readonly where?: KafkaErrorWhere
  /** What to do, one sentence. Becomes the end of the message. */
  readonly action?: string
  readonly retryable?: boolean
  readonly cause?: unknown
}

const RETRYABLE: ReadonlySet<KafkaErrorCode> = new Set([
  'UNREACHABLE',
  'NOT_LEADER',
  'GROUP_ACTIVE',
  'NO_PROGRESS',
])

/** `message` reads: what happened; where; what to do. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly code: KafkaErrorCode
  readonly retryable: boolean
  readonly where: KafkaErrorWhere
  readonly action: string

  constructor(code: KafkaErrorCode, what: string, details: KafkaErrorDetails = {}) {
    const { where = {}, action = '' } = details
    const place = describePlace(where)
    super(
      `${what}${place === '' ? '' : ` (${place})`}${action === '' ? '' : `: ${action}`}`,
      'cause' in details ? { cause: details.cause } : undefined,
    )
    this.code = code
    this.retryable = details.retryable ?? RETRYABLE.has(code)
    this.where = where
    this.action = action
  }
}

function describePlace(where: KafkaErrorWhere): string {
  const parts: string[] = []
  if (where.topic !== undefined) parts.push(`topic ${where.topic}`)
  if (where.topicPartition !== undefined) parts.push(`topic partition ${where.topicPartition}`)
  if (where.offset !== undefined) parts.push(`offset ${where.offset}`)
  if (where.group !== undefined) parts.push(`group ${where.group}`)
  if (where.broker !== undefined) parts.push(`broker ${where.broker}`)
  if (where.bootstrap !== undefined) parts.push(`bootstrap ${where.bootstrap}`)
  return parts.join(', ')
}
