/** One try of a slice on its reading side: the ranges, in order, as column batches. */
import type { ColumnBatch } from '../../lib/column-batch.ts'
import type { FetchTuning } from '../../proto/gen/sluice/agent/v1/FetchTuning.ts'
import type { SliceRange } from '../../proto/gen/sluice/agent/v1/SliceRange.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import { type Converter, createConverter } from '../convert/converter.ts'
import type { SliceMapping } from '../convert/mapping.ts'
import type { Cluster } from '../kafka/cluster.ts'
import { newReadProgress, type ReadProgress } from '../kafka/read-progress.ts'
import { type ReadOptions, readRange } from '../kafka/reader.ts'
import { WorkFailure } from './work-error.ts'

/** Two answers are in memory at a time, so this bounds what a channel holds, whatever the job asks for. */
export const FETCH_BYTES_MAX = 8 * 1024 * 1024
/** When the job does not say: more makes a channel larger and hardly faster. */
const FETCH_BYTES_DEFAULT = 2 * 1024 * 1024

export class SliceSource {
  readonly converter: Converter
  readonly #spec: SliceSpec
  readonly #cluster: Cluster
  readonly #signal: AbortSignal
  readonly #done: ReadProgress[] = []

  constructor(spec: SliceSpec, mapping: SliceMapping, cluster: Cluster, signal: AbortSignal) {
    this.#spec = spec
    this.#cluster = cluster
    this.#signal = signal
    this.converter = createConverter(mapping)
  }

  /**
   * All rows of the slice. Throws a `KafkaError`, or a `WorkFailure` DIRTY_LIMIT_EXCEEDED. Each batch
   * is valid until the next one is asked for.
   */
  async *batches(): AsyncGenerator<ColumnBatch, void, undefined> {
    for (const range of this.#spec.ranges) {
      const progress = newReadProgress()
      this.#done.push(progress)
      const { topic } = this.#spec
      const { topicPartition, startOffset, endOffset } = range
      const wanted = { topic, topicPartition, startOffset, endOffset }
      const options = this.#readOptions(range, progress)
      for await (const spans of readRange(this.#cluster, wanted, options)) {
        for (const batch of this.converter.convert(spans)) {
          // Before anybody hears of the count: the records come with the failure, not after it.
          this.#checkDirtyLimit()
          yield batch
        }
        this.#checkDirtyLimit()
      }
    }
  }

  /** What the reader met on its way, for the run's log. */
  notes(): string[] {
    const sum = (of: (progress: ReadProgress) => number): number =>
      this.#done.reduce((total, progress) => total + of(progress), 0)
    const notes: string[] = []
    const compacted = sum((progress) => progress.compactedOffsets)
    const retries = sum((progress) => progress.retries)
    if (compacted > 0) notes.push(`${compacted} offsets have no record: compaction took them`)
    if (retries > 0) notes.push(`${retries} fetches were repeated`)
    const asked = this.#spec.fetch?.maxBytes ?? 0
    if (asked > FETCH_BYTES_MAX) {
      notes.push(
        `fetch.max.bytes ${asked} is above what an agent holds: ${FETCH_BYTES_MAX} is used`,
      )
    }
    return notes
  }

  #readOptions(range: SliceRange, progress: ReadProgress): ReadOptions {
    const { topicId, readCommitted, fetch } = this.#spec
    return {
      isolation: readCommitted ? 'read_committed' : 'read_uncommitted',
      pinned: {
        topicId: topicId === '' ? null : topicId,
        leaderEpoch: range.leaderEpoch < 0 ? null : range.leaderEpoch,
      },
      signal: this.#signal,
      progress,
      ...fetchOptions(fetch),
    }
  }

  #checkDirtyLimit(): void {
    const { dirtyRecordsMax, topic, runId } = this.#spec
    const { dirty } = this.converter
    if (dirtyRecordsMax < 0 || dirty.count <= dirtyRecordsMax) return
    const first = dirty.kept[0]
    const place =
      first === undefined
        ? ''
        : ` The first one is offset ${first.offset} of topic partition ${topic}-${first.topicPartition}${first.column === '' ? '' : `, column ${first.column}`}: ${first.reason}.`
    throw new WorkFailure(
      'DIRTY_LIMIT_EXCEEDED',
      `${dirty.count} dirty records, but errorLimit.record allows ${dirtyRecordsMax}.${place} Correct the records' source or the column's type, or raise errorLimit; "sluice run dirty ${runId}" shows the records.`,
      {
        dirty: dirty.kept,
        where: {
          topic,
          ...(first === undefined
            ? {}
            : {
                topicPartition: String(first.topicPartition),
                offset: String(first.offset),
                column: first.column,
              }),
        },
      },
    )
  }
}

/** 0 is the agent's own default. */
function fetchOptions(fetch: FetchTuning | null): Partial<ReadOptions> {
  const wanted = [fetch?.maxBytes ?? 0, fetch?.maxPartitionBytes ?? 0].filter((bytes) => bytes > 0)
  const bytesMax = wanted.length === 0 ? FETCH_BYTES_DEFAULT : Math.min(FETCH_BYTES_MAX, ...wanted)
  if (fetch === null) return { fetchBytesMax: bytesMax }
  return {
    fetchBytesMax: bytesMax,
    ...(fetch.minBytes > 0 ? { fetchBytesMin: Math.min(fetch.minBytes, bytesMax) } : {}),
    ...(fetch.maxWaitMs > 0 ? { fetchWaitMaxMs: fetch.maxWaitMs } : {}),
  }
}
