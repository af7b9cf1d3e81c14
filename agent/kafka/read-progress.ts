/** Counted while a range is read; the object is the caller's. */
export interface ReadProgress {
  /** Everything below it was handed out, or holds no record of the range. */
  nextOffset: number
  records: number
  /** Of record batches as stored. */
  fetchedBytes: number
  /** Of records, decompressed. */
  recordBytes: number
  /** Dropped by read_committed. */
  abortedBatches: number
  /** Offsets without a record that are neither markers nor aborted: compaction took them. */
  compactedOffsets: number
  /** Fetches repeated after a lost connection, a moved leader or a bad checksum. */
  retries: number
}

export function newReadProgress(): ReadProgress {
  return {
    nextOffset: 0,
    records: 0,
    fetchedBytes: 0,
    recordBytes: 0,
    abortedBatches: 0,
    compactedOffsets: 0,
    retries: 0,
  }
}
