/**
 * The records of one topic partition as the scanner finds them: offsets into the bytes they lie in,
 * no object per record. Arrays may be longer than `count`; only the first `count` entries count.
 * Valid until the reader is asked for the next one.
 */
export interface RecordSpans {
  readonly topic: string
  readonly topicPartition: number
  /** The (decompressed) bytes that every start below points into. */
  readonly data: Uint8Array
  readonly count: number
  /** Kafka offsets; exact below 2^53, which the scanner checks. */
  readonly offsets: Float64Array
  /** Record timestamps in ms since the epoch; -1 where the broker has none. */
  readonly timestampsMs: Float64Array
  /** Length -1 is a null key. */
  readonly keyStarts: Int32Array
  readonly keyLengths: Int32Array
  /** Length -1 is a null value (a tombstone). */
  readonly valueStarts: Int32Array
  readonly valueLengths: Int32Array
  /** Where the header list starts (after its count), and how many headers there are. */
  readonly headerStarts: Int32Array
  readonly headerCounts: Int32Array
}

/** `[startOffset, endOffset)` of one topic partition: what a plan pins. */
export interface OffsetRange {
  readonly topic: string
  readonly topicPartition: number
  readonly startOffset: number
  readonly endOffset: number
}
