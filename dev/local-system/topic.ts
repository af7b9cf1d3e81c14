/** Topics of the local Kafka, asked and changed without Sluice's own run of anything. */
import { KafkaError } from '../../agent/kafka/errors.ts'
import type { RecordInput } from '../../agent/kafka/record-batch-writer.ts'
import { plainCluster, produce, type Produced, type ProduceOptions } from '../kafka/produce.ts'

export interface TopicOptions {
  readonly topicPartitions: number
  readonly config?: Readonly<Record<string, string>>
  /** An older topic of that name is deleted first. */
  readonly replace?: boolean
}

export async function createTopic(
  bootstrap: string,
  topic: string,
  options: TopicOptions,
): Promise<void> {
  const cluster = plainCluster(bootstrap)
  const { topicPartitions, config = {} } = options
  try {
    if (options.replace === true) await deleteIfThere(cluster, topic)
    await cluster.createTopic({ topic, topicPartitions, replicationFactor: 1, config })
  } finally {
    cluster.close()
  }
}

export async function deleteTopic(bootstrap: string, topic: string): Promise<void> {
  const cluster = plainCluster(bootstrap)
  try {
    await deleteIfThere(cluster, topic)
  } finally {
    cluster.close()
  }
}

/** One list of records a topic partition, by number; all of them are written side by side. */
export async function produceAll(
  bootstrap: string,
  topic: string,
  recordsByPartition: readonly Iterable<RecordInput>[],
  options: ProduceOptions = {},
): Promise<readonly Produced[]> {
  const cluster = plainCluster(bootstrap)
  try {
    return await Promise.all(
      recordsByPartition.map((records, topicPartition) =>
        produce(cluster, topic, topicPartition, records, options),
      ),
    )
  } finally {
    cluster.close()
  }
}

/** [begin, end) of what the topic holds, by topic partition: what Kafka itself says, now. */
export async function topicRanges(
  bootstrap: string,
  topic: string,
): Promise<ReadonlyMap<number, OffsetRange>> {
  const cluster = plainCluster(bootstrap)
  try {
    const begins = await cluster.listOffsets(topic, { at: 'earliest' })
    const ends = await cluster.listOffsets(topic, { at: 'latest' })
    return new Map(
      [...ends].map(([topicPartition, end]) => {
        const begin = begins.get(topicPartition)?.offset ?? 0
        return [topicPartition, { begin, end: end.offset }] as const
      }),
    )
  } finally {
    cluster.close()
  }
}

export interface OffsetRange {
  readonly begin: number
  readonly end: number
}

async function deleteIfThere(
  cluster: ReturnType<typeof plainCluster>,
  topic: string,
): Promise<void> {
  await cluster.deleteTopic(topic).catch((error: unknown) => {
    if (!(error instanceof KafkaError) || error.code !== 'TOPIC_NOT_FOUND') throw error
  })
}
