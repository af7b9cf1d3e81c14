import { Cluster } from '../agent/kafka/cluster.ts'
import type { OffsetRange } from '../agent/kafka/record-spans.ts'

/** The whole topic, as one range a topic partition. */
export interface TopicShare {
  readonly bootstrap: string
  readonly topicId: string | null
  readonly ranges: readonly OffsetRange[]
}

export function benchCluster(bootstrap: string): Cluster {
  const bootstrapServers = bootstrap.split(',')
  return new Cluster({ bootstrapServers, clientId: 'sluice-bench', sasl: null, tls: null })
}

export async function wholeTopic(bootstrap: string, topic: string): Promise<TopicShare> {
  const cluster = benchCluster(bootstrap)
  try {
    const { topicId } = await cluster.describeTopic(topic)
    const starts = await cluster.listOffsets(topic, { at: 'earliest' })
    const ends = await cluster.listOffsets(topic, { at: 'latest' })
    const ranges = [...ends].map(([topicPartition, { offset: endOffset }]) => {
      const startOffset = starts.get(topicPartition)?.offset ?? 0
      return { topic, topicPartition, startOffset, endOffset }
    })
    return { bootstrap, topicId, ranges }
  } finally {
    cluster.close()
  }
}
