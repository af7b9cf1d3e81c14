/** How large a topic's records are: the planner cuts slices by it. */
import type { Cluster } from '../kafka/cluster.ts'
import { newReadProgress } from '../kafka/read-progress.ts'
import { readRange } from '../kafka/reader.ts'
import type { ResolvedRange } from './plan-positions.ts'

/** Topic partitions that are looked into; the others are taken for alike. */
const SAMPLED_PARTITIONS_MAX = 16
const SAMPLE_BYTES = 1024 * 1024
/** At once. */
const SAMPLES_IN_FLIGHT = 4

/** Mean bytes of a record's key and value, by topic partition; 0: no record was seen. */
export async function sampleRecordBytes(
  cluster: Cluster,
  topic: string,
  ranges: readonly ResolvedRange[],
  options: { readonly readCommitted: boolean; readonly signal: AbortSignal },
): Promise<Map<number, number>> {
  const filled = ranges.filter((range) => range.endOffset > range.startOffset)
  const chosen = spread(filled, SAMPLED_PARTITIONS_MAX)
  const means = new Map<number, number>()
  const queue = chosen.values()
  const worker = async (): Promise<void> => {
    for (const range of queue) {
      means.set(range.topicPartition, await sampleRange(cluster, topic, range, options))
    }
  }
  await Promise.all(Array.from({ length: SAMPLES_IN_FLIGHT }, worker))
  const seen = [...means.values()].filter((mean) => mean > 0)
  const overall = seen.length === 0 ? 0 : Math.ceil(seen.reduce((a, b) => a + b) / seen.length)
  for (const { topicPartition } of filled) {
    if (!means.has(topicPartition)) means.set(topicPartition, overall)
  }
  return means
}

/** At most `count` of the items, evenly. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!)
}

async function sampleRange(
  cluster: Cluster,
  topic: string,
  range: ResolvedRange,
  { readCommitted, signal }: { readonly readCommitted: boolean; readonly signal: AbortSignal },
): Promise<number> {
  const progress = newReadProgress()
  const spans = readRange(
    cluster,
    { topic, ...range },
    {
      isolation: readCommitted ? 'read_committed' : 'read_uncommitted',
      pinned: { topicId: null, leaderEpoch: null },
      fetchBytesMax: SAMPLE_BYTES,
      signal,
      progress,
    },
  )
  let records = 0
  let bytes = 0
  for await (const { count, keyLengths, valueLengths } of spans) {
    for (let i = 0; i < count; i++) {
      bytes += Math.max(0, keyLengths[i]!) + Math.max(0, valueLengths[i]!)
    }
    records += count
    if (bytes >= SAMPLE_BYTES) break
  }
  return records === 0 ? 0 : Math.max(1, Math.ceil(bytes / records))
}
