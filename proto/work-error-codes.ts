/**
 * Every code that WorkError.code may hold. The comment behind each is what a user reads in
 * docs/errors.md; the message of the error itself says where and what exactly.
 */
export const WORK_ERROR_CODES = [
  'KAFKA_UNREACHABLE', // no broker of the bootstrap list answered from this agent
  'KAFKA_AUTHENTICATION_FAILED', // the brokers refused the user name, password or certificate
  'TOPIC_NOT_FOUND', // the topic does not exist, or the user may not see it
  'TOPIC_NOT_AUTHORIZED', // the user may not read the topic or the consumer group
  'TOPIC_PARTITION_NOT_FOUND', // the job names a topic partition that the topic does not have
  'TOPIC_RECREATED', // the topic was deleted and made again after the run was planned
  'OFFSET_OUT_OF_RANGE', // retention or truncation took offsets that the run must read
  'POSITION_INVALID', // begin or end position cannot be resolved: no group offset, begin after end
  'CORRUPT_BATCH', // a stored record batch fails its checksum or cannot be decoded
  'RECORD_TOO_LARGE', // a record batch or value is larger than the configured limit
  'UNSUPPORTED_BATCH_FORMAT', // message format 0 or 1, from before Kafka 0.11
  'KAFKA_NO_PROGRESS', // the topic partition had no leader or gave no data for too long
  'KAFKA_ERROR', // any other answer of a broker
  'MAXCOMPUTE_UNREACHABLE', // the endpoint cannot be reached from this agent
  'MAXCOMPUTE_AUTHENTICATION_FAILED', // the access key is unknown or its signature was refused
  'MAXCOMPUTE_NO_PERMISSION', // the account may not do this in the project
  'MAXCOMPUTE_THROTTLED', // the service asked to slow down for longer than the retries last
  'MAXCOMPUTE_ERROR', // any other answer of the service
  'PROJECT_NOT_FOUND',
  'TABLE_NOT_FOUND',
  'TABLE_UNSUPPORTED', // a view, an external table or a primary-key table
  'COLUMN_NOT_FOUND', // the writer names a column that the table does not have
  'COLUMN_COUNT_MISMATCH', // reader and writer do not have the same number of columns
  'COLUMN_TYPE_UNSUPPORTED',
  'PARTITION_SPEC_INVALID', // missing, superfluous, or its keys are not the table's
  'SESSION_LOST', // the upload session expired or is unknown; nothing was visible
  'SESSION_CLOSED', // the upload session was completed before its run said so: the run is held
  'DIRTY_LIMIT_EXCEEDED', // more dirty records than errorLimit allows
  'SQL_FAILED', // a statement (preSql, postSql, a query) failed
  'DISK_FULL', // the agent's state directory has no room
  'CANCELLED',
  'WORKER_DIED', // the agent's worker thread ended without a result
  'INTERNAL', // a bug: please report it with the run's log
] as const

export type WorkErrorCode = (typeof WORK_ERROR_CODES)[number]
