/**
 * What a run reads, fixed when it is planned (DESIGN I1), and the blocks it is cut into.
 */

/** `[startOffset, endOffset)` of one topic partition. Offsets are below 2^53. */
export interface OffsetRange {
  readonly topicPartition: number
  readonly startOffset: number
  readonly endOffset: number
}

/** A range with the leader epoch it was resolved under (DESIGN I9). */
export interface PinnedRange extends OffsetRange {
  /** -1: the broker is too old to tell. */
  readonly leaderEpoch: number
}

/** One block of the run's upload session: the slice's number is the block's id (DESIGN §1). */
export interface Slice {
  /** 0..19,999, without gaps. */
  readonly sliceNo: number
  /** In ascending order of topic partition and offset; never empty, no range is empty. */
  readonly ranges: readonly PinnedRange[]
  /** Encoded, before compression. */
  readonly estimatedBytes: number
}

export interface Plan {
  readonly topic: string
  /** Empty: the broker is too old to have topic ids. */
  readonly topicId: string
  /** Every topic partition that was looked at, empty ranges too: the ledger advances over all. */
  readonly ranges: readonly PinnedRange[]
  /** Tile the non-empty ranges exactly. Empty when there is nothing to read. */
  readonly slices: readonly Slice[]
  /** Offsets covered; with compaction or transactions fewer records. */
  readonly offsetCount: number
  readonly estimatedBytes: number
}
