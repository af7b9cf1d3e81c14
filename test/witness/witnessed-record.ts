/** One record as a witness tells it, on either side. */
export interface WitnessedRecord {
  readonly topicPartition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** `name=value`, with commas between; empty: none. */
  readonly headers: string
}

/** By topic partition, then by offset. */
export function inOrder(records: readonly WitnessedRecord[]): WitnessedRecord[] {
  return records.toSorted((a, b) => a.topicPartition - b.topicPartition || a.offset - b.offset)
}
