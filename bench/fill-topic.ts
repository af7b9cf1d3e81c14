/** Fills a topic fast: a few record batches are built once and sent again and again. */
import { encodeRecordBatch } from '../agent/kafka/record-batch-writer.ts'
import { plainCluster, sendBatch } from '../dev/kafka/produce.ts'
import { createTopic } from '../dev/local-system/topic.ts'
import { type BenchCase, TOPIC_PARTITIONS } from './bench-case.ts'
import { sampleValues } from './sample-values.ts'

/** Uncompressed values of one record batch; librdkafka and tuned Java producers send about as much. */
const BATCH_BYTES = 64 * 1024
/** Each is compressed by itself, so that they return makes no difference to anyone. */
const DISTINCT_BATCHES = 32

export interface FilledTopic {
  readonly topic: string
  readonly records: number
  readonly valueBytes: number
  /** Of record batches, as stored. */
  readonly storedBytes: number
}

export async function fillTopic(
  bootstrap: string,
  topic: string,
  { valueBytes, codec, recordsMin }: BenchCase,
): Promise<FilledTopic> {
  const perBatch = Math.max(1, Math.floor(BATCH_BYTES / valueBytes))
  const timestampMs = Date.now()
  const batches = Array.from({ length: DISTINCT_BATCHES }, (_, i) => {
    const values = sampleValues(perBatch, valueBytes, i + 1)
    return encodeRecordBatch({ codec, records: values.map((value) => ({ value, timestampMs })) })
  })
  const batchesEach = Math.ceil(recordsMin / perBatch / TOPIC_PARTITIONS)
  await createTopic(bootstrap, topic, { topicPartitions: TOPIC_PARTITIONS })
  const cluster = plainCluster(bootstrap)
  let storedBytes = 0
  const fillPartition = async (topicPartition: number): Promise<void> => {
    for (let i = 0; i < batchesEach; i++) {
      const batch = batches[i % DISTINCT_BATCHES]!
      await sendBatch(cluster, topic, topicPartition, batch)
      storedBytes += batch.length
    }
  }
  try {
    await Promise.all(Array.from({ length: TOPIC_PARTITIONS }, (_, i) => fillPartition(i)))
  } finally {
    cluster.close()
  }
  const records = batchesEach * perBatch * TOPIC_PARTITIONS
  return { topic, records, valueBytes: records * valueBytes, storedBytes }
}
