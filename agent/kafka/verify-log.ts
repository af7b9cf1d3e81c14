import { BROKER_ERROR, brokerError, topicRecreated } from './broker-errors.ts'
import type { BrokerConnection } from './connection.ts'
import { KafkaError } from './errors.ts'
import type { OffsetRange } from './record-spans.ts'
import { metadataCall } from './requests/metadata.ts'
import { epochEndsCall } from './requests/offsets.ts'
import { sendCall } from './send-call.ts'

/**
 * Asks the leader that the records came from whether they are still those of the plan: the same topic
 * id, and no truncation below the range's end since the pinned leader epoch. The leader itself is asked
 * because another broker may not have heard of a change yet.
 * Throws TOPIC_RECREATED, LOG_TRUNCATED, NOT_LEADER (ask the new one).
 */
export async function verifyLog(
  leader: BrokerConnection,
  range: OffsetRange,
  pinned: { readonly topicId: string | null; readonly leaderEpoch: number | null },
): Promise<void> {
  if (pinned.topicId === null && pinned.leaderEpoch === null) return
  const { topic, topicPartition, endOffset } = range
  const where = { topic, topicPartition, bootstrap: leader.bootstrap }
  const { topics } = await sendCall(leader, metadataCall([topic]))
  const [now] = topics
  const errorCode = now?.errorCode ?? BROKER_ERROR.UNKNOWN_TOPIC_OR_PARTITION
  if (now === undefined || errorCode !== 0) throw brokerError(errorCode, 'Metadata', where)
  if (pinned.topicId !== null && now.topicId !== pinned.topicId) {
    throw topicRecreated(topic, pinned.topicId, now.topicId, leader.bootstrap)
  }
  const epoch =
    now.partitions.find((one) => one.topicPartition === topicPartition)?.leaderEpoch ?? -1
  if (pinned.leaderEpoch === null || pinned.leaderEpoch < 0 || epoch === pinned.leaderEpoch) return
  if (epoch < 0) return // a broker before Kafka 2.1: nothing to compare
  if (epoch < pinned.leaderEpoch) {
    // Epochs only grow, unless the topic was made again on brokers without topic ids.
    const what = `the leader epoch went back from ${pinned.leaderEpoch} to ${epoch}`
    throw new KafkaError('TOPIC_RECREATED', what, { where, action: 'start a new run' })
  }
  const asked = { topicPartition, currentLeaderEpoch: epoch, leaderEpoch: pinned.leaderEpoch }
  const [end] = (await sendCall(leader, epochEndsCall(topic, [asked]))).ends
  if (end === undefined)
    throw brokerError(BROKER_ERROR.NETWORK_EXCEPTION, 'OffsetForLeaderEpoch', where)
  if (end.errorCode !== 0) throw brokerError(end.errorCode, 'OffsetForLeaderEpoch', where)
  if (end.endOffset >= 0 && end.endOffset < endOffset) {
    const what = `leader epoch ${pinned.leaderEpoch} ends at offset ${end.endOffset} now, below the range's end ${endOffset}: an unclean leader election truncated the log`
    throw new KafkaError('LOG_TRUNCATED', what, { where, action: 'start a new run' })
  }
}
