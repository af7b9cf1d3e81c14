/**
 * The dirty records of one slice: all are counted, the first are kept for a person to see.
 */
import type { DirtyRecordInput } from '../../proto/gen/sluice/agent/v1/DirtyRecord.ts'

/** Of one slice. */
export const DIRTY_RECORDS_KEPT_MAX = 1_000
/** Raw values and texts of the kept records of one slice. */
export const DIRTY_BYTES_KEPT_MAX = 1024 * 1024
/** Of one record's raw value. */
export const DIRTY_RAW_BYTES_MAX = 4 * 1024

export interface DirtyRecord extends DirtyRecordInput {
  readonly topicPartition: number
  readonly offset: number
  /** Of the table; empty when the record as a whole cannot be read. */
  readonly column: string
  /** Never holds the value itself. */
  readonly reason: string
  readonly rawValue: Uint8Array
  readonly rawCut: boolean
}

export class DirtyRecords {
  count = 0
  readonly kept: DirtyRecord[] = []
  #keptBytes = 0

  /** Counts the record, and keeps a copy of it while there is room. */
  add(record: {
    readonly topicPartition: number
    readonly offset: number
    readonly column: string
    readonly reason: string
    readonly raw: Uint8Array
  }): void {
    this.count++
    if (this.kept.length >= DIRTY_RECORDS_KEPT_MAX) return
    const rawCut = record.raw.length > DIRTY_RAW_BYTES_MAX
    const rawLength = rawCut ? DIRTY_RAW_BYTES_MAX : record.raw.length
    const bytes = rawLength + record.column.length + record.reason.length
    if (this.#keptBytes + bytes > DIRTY_BYTES_KEPT_MAX) return
    this.#keptBytes += bytes
    this.kept.push({
      topicPartition: record.topicPartition,
      offset: record.offset,
      column: record.column,
      reason: record.reason,
      rawValue: Uint8Array.prototype.slice.call(record.raw, 0, rawLength),
      rawCut,
    })
  }
}
