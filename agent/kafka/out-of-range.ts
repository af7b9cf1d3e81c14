import { BROKER_ERROR, brokerError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { KafkaError } from './errors.ts'
import type { OffsetRange } from './record-spans.ts'

/**
 * A refused Fetch as an error. Out of range is told with what the log holds now, and is never cured by
 * reading somewhere else. Rejects never with anything but a KafkaError, which then is the reason.
 */
export async function refusal(
  errorCode: number,
  cluster: Cluster,
  range: OffsetRange,
  offset: number,
  pinnedTopicId: string | null,
): Promise<KafkaError> {
  const { topic, topicPartition, endOffset } = range
  const where = { topic, topicPartition, bootstrap: cluster.bootstrap }
  if (errorCode !== BROKER_ERROR.OFFSET_OUT_OF_RANGE) return brokerError(errorCode, 'Fetch', where)
  try {
    await cluster.assertSameTopic(topic, pinnedTopicId)
    const ask = async (at: 'earliest' | 'latest') =>
      (await cluster.listOffsets(topic, { at }, [topicPartition])).get(topicPartition)?.offset ?? -1
    const logStart = await ask('earliest')
    const highWatermark = await ask('latest')
    return outOfRange({ ...where, offset }, logStart, highWatermark, endOffset)
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

function outOfRange(
  where: { topic: string; topicPartition: number; bootstrap: string; offset: number },
  logStart: number,
  highWatermark: number,
  endOffset: number,
): KafkaError {
  const { offset } = where
  if (offset < logStart) {
    const lost = Math.min(endOffset, logStart) - offset
    const what = `the log begins at offset ${logStart} now (high watermark ${highWatermark}): retention or DeleteRecords took ${lost} offsets that the run must read`
    return new KafkaError('OFFSET_OUT_OF_RANGE', what, {
      where,
      action: 'start a new run from the earliest offset, and raise the retention of the topic',
    })
  }
  if (offset > highWatermark) {
    const what = `the log ends at offset ${highWatermark} now (it begins at ${logStart}): it was truncated, or the topic was made again`
    return new KafkaError('OFFSET_OUT_OF_RANGE', what, { where, action: 'start a new run' })
  }
  // Refused and readable at once: the leader was changing.
  return brokerError(BROKER_ERROR.NOT_LEADER_OR_FOLLOWER, 'Fetch', where)
}
