import type { Cluster } from './cluster.ts'
import type { OffsetRange, RecordSpans } from './record-spans.ts'

export interface ReadOptions {
  readonly isolation: 'read_committed' | 'read_uncommitted'
  /** What the plan pinned (I9); each null skips its check. */
  readonly pinned: { readonly topicId: string | null; readonly leaderEpoch: number | null }
  readonly signal?: AbortSignal
  /** Asked for in one Fetch; a larger record batch is read all the same, up to batchBytesMax. */
  readonly fetchBytesMax?: number
  readonly fetchBytesMin?: number
  readonly fetchWaitMaxMs?: number
  /** Of one record batch, as stored and as decompressed. */
  readonly batchBytesMax?: number
  /** Without one more offset for so long (throttled time apart) the read fails with NO_PROGRESS. */
  readonly noProgressMs?: number
  /** Kept up to date while reading. */
  readonly progress?: ReadProgress
}

export interface ReadProgress {
  /** Everything below it was yielded, or is known to hold no record of the range. */
  nextOffset: number
  records: number
  /** Of record batches as stored. */
  fetchedBytes: number
  /** Of records, decompressed. */
  recordBytes: number
  /** Dropped by read_committed. */
  abortedBatches: number
  /** Offsets of the range that hold no record: compacted away, or transaction markers. */
  emptyOffsets: number
  /** Fetches repeated after a lost connection, a moved leader or a bad checksum. */
  retries: number
}

/**
 * The records of `range` in offset order. Throws KafkaError and never skips silently.
 */
export declare function readRange(
  cluster: Cluster,
  range: OffsetRange,
  options: ReadOptions,
): AsyncGenerator<RecordSpans>
