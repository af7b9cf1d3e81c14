import { KafkaError, type KafkaErrorCode, type KafkaErrorWhere } from './errors.ts'

/** Error codes of the Kafka protocol that this port decides on. */
export const BROKER_ERROR = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC: 17,
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  TOPIC_ALREADY_EXISTS: 36,
  NOT_CONTROLLER: 41,
  KAFKA_STORAGE_ERROR: 56,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  UNKNOWN_TOPIC_ID: 100,
  INCONSISTENT_TOPIC_ID: 103,
} as const

const NAMES = new Map<number, string>(
  Object.entries(BROKER_ERROR).map(([name, code]) => [code, name]),
)

/** The name of a broker's error code, or `error code N` for those the port has no use for. */
export function brokerErrorName(code: number): string {
  return NAMES.get(code) ?? `error code ${code}`
}

/** Codes after which the leader (or the coordinator) is looked up again and the request repeated. */
const STALE_METADATA: ReadonlySet<number> = new Set([
  BROKER_ERROR.UNKNOWN_TOPIC_OR_PARTITION,
  BROKER_ERROR.LEADER_NOT_AVAILABLE,
  BROKER_ERROR.NOT_LEADER_OR_FOLLOWER,
  BROKER_ERROR.REQUEST_TIMED_OUT,
  BROKER_ERROR.REPLICA_NOT_AVAILABLE,
  BROKER_ERROR.NETWORK_EXCEPTION,
  BROKER_ERROR.COORDINATOR_LOAD_IN_PROGRESS,
  BROKER_ERROR.COORDINATOR_NOT_AVAILABLE,
  BROKER_ERROR.NOT_COORDINATOR,
  BROKER_ERROR.NOT_CONTROLLER,
  BROKER_ERROR.KAFKA_STORAGE_ERROR,
  BROKER_ERROR.FENCED_LEADER_EPOCH,
  BROKER_ERROR.UNKNOWN_LEADER_EPOCH,
  BROKER_ERROR.OFFSET_NOT_AVAILABLE,
  BROKER_ERROR.UNSTABLE_OFFSET_COMMIT,
  BROKER_ERROR.THROTTLING_QUOTA_EXCEEDED,
  BROKER_ERROR.UNKNOWN_TOPIC_ID,
  BROKER_ERROR.INCONSISTENT_TOPIC_ID,
])

/** Whether the answer may change by itself once metadata are looked up again. */
export function isTransient(code: number): boolean {
  return STALE_METADATA.has(code)
}

/** A broker's refusal of `request` as our error. `code` is never NONE. */
export function brokerError(code: number, request: string, where: KafkaErrorWhere): KafkaError {
  const [ours, action] = meaning(code)
  return new KafkaError(ours, `${request} was answered with ${brokerErrorName(code)}`, {
    where,
    action,
    retryable: isTransient(code),
  })
}

function meaning(code: number): readonly [KafkaErrorCode, string] {
  switch (code) {
    case BROKER_ERROR.UNKNOWN_TOPIC_OR_PARTITION:
    case BROKER_ERROR.UNKNOWN_TOPIC_ID:
      return ['TOPIC_NOT_FOUND', 'check the topic name, and that this user may describe it']
    case BROKER_ERROR.INVALID_TOPIC:
      return ['TOPIC_NOT_FOUND', 'the name is not a legal topic name']
    case BROKER_ERROR.TOPIC_AUTHORIZATION_FAILED:
      return ['NOT_AUTHORIZED', 'grant the user READ and DESCRIBE on the topic']
    case BROKER_ERROR.GROUP_AUTHORIZATION_FAILED:
      return ['NOT_AUTHORIZED', 'grant the user READ on the consumer group']
    case BROKER_ERROR.CLUSTER_AUTHORIZATION_FAILED:
      return ['NOT_AUTHORIZED', 'grant the user the cluster permission that this needs']
    case BROKER_ERROR.OFFSET_OUT_OF_RANGE:
      return ['OFFSET_OUT_OF_RANGE', 'the log does not hold this offset']
    case BROKER_ERROR.TOPIC_ALREADY_EXISTS:
      return ['TOPIC_EXISTS', 'use it, or delete it first']
    case BROKER_ERROR.ILLEGAL_GENERATION:
    case BROKER_ERROR.UNKNOWN_MEMBER_ID:
    case BROKER_ERROR.REBALANCE_IN_PROGRESS:
      return ['GROUP_ACTIVE', 'stop the consumers of this group, or use another group']
    case BROKER_ERROR.NOT_LEADER_OR_FOLLOWER:
    case BROKER_ERROR.FENCED_LEADER_EPOCH:
    case BROKER_ERROR.UNKNOWN_LEADER_EPOCH:
    case BROKER_ERROR.LEADER_NOT_AVAILABLE:
      return ['NOT_LEADER', 'the partition is moving to another broker; try again']
    default:
      return ['PROTOCOL', isTransient(code) ? 'try again' : "see the broker's log"]
  }
}

export function topicRecreated(
  topic: string,
  pinned: string,
  now: string | null,
  bootstrap: string,
): KafkaError {
  const what = `the topic was deleted and made again: its id is ${now ?? 'unknown'}, the plan read ${pinned}`
  return new KafkaError('TOPIC_RECREATED', what, {
    where: { topic, bootstrap },
    action:
      'start a new run; if the old position means nothing any more, begin from the earliest offset',
  })
}
