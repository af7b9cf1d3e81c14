/**
 * Record spans into column batches, by a plan that is compiled once a slice.
 *
 * C1. Nothing is allocated for a record on the fast path: spans become spans, numbers go to typed arrays.
 * C2. A record is written whole or not at all: one bad column makes it dirty, and it leaves every column.
 * C3. A batch, and all that it points to, is valid until the next one is asked for.
 */
import type { ColumnBatch } from '../../lib/column-batch.ts'
import type { RecordSpans } from '../kafka/record-spans.ts'
import { type ColumnFill, type ColumnPlan, compileColumns } from './column-plan.ts'
import { DirtyRecords } from './dirty-records.ts'
import type { SliceMapping } from './mapping.ts'
import { DirtyMarks, openWindow, type RowWindow, windowEnd } from './row-window.ts'

export interface Converter {
  readonly dirty: DirtyRecords
  /** Records given to `convert` so far. */
  readonly recordsRead: number
  /** Their keys and values, in bytes. */
  readonly bytesRead: number
  /**
   * The records that are not dirty, in their order, in batches of at most `WINDOW_ROWS_MAX` rows; a
   * batch is never empty.
   */
  convert(spans: RecordSpans): Generator<ColumnBatch, void, undefined>
}

/** Throws a `MappingError` when the mapping cannot work for any record. */
export function createConverter(mapping: SliceMapping): Converter {
  return new SpanConverter(mapping)
}

class SpanConverter implements Converter {
  readonly dirty = new DirtyRecords()
  recordsRead = 0
  bytesRead = 0
  readonly #fills: readonly ColumnFill[]
  readonly #plan: ColumnPlan
  /** Per session column: the fill that writes it. */
  readonly #bySession: readonly (ColumnFill | null)[]
  readonly #marks = new DirtyMarks()

  constructor(mapping: SliceMapping) {
    const plan = compileColumns(mapping)
    this.#plan = plan
    this.#fills = plan.fills
    this.#bySession = mapping.sessionColumns.map((_, index) => {
      const at = mapping.columns.findIndex((column) => column.target === index)
      return at < 0 ? null : plan.fills[at]!
    })
  }

  *convert(spans: RecordSpans): Generator<ColumnBatch, void, undefined> {
    for (let from = 0; from < spans.count;) {
      const to = windowEnd(spans, from)
      const batch = this.#window(openWindow(spans, from, to, this.#marks))
      if (batch.rowCount > 0) yield batch
      from = to
    }
  }

  #window(window: RowWindow): ColumnBatch {
    this.#count(window)
    this.#plan.prepare(window)
    for (const fill of this.#fills) fill.run(window)
    if (window.dirty.count > 0) this.#removeDirty(window)
    const rowCount = window.count - window.dirty.count
    const columns = this.#bySession.map((fill) => fill?.target.column(rowCount) ?? null)
    return { rowCount, columns }
  }

  #count(window: RowWindow): void {
    const { keys, values, count } = window
    this.recordsRead += count
    let bytes = 0
    for (let row = 0; row < count; row++) {
      bytes += Math.max(0, keys.lengths[row]!) + Math.max(0, values.lengths[row]!)
    }
    this.bytesRead += bytes
  }

  #removeDirty(window: RowWindow): void {
    const { flags } = window.dirty
    let to = 0
    for (let row = 0; row < window.count; row++) {
      if (flags[row] === 1) {
        this.#keepDirty(window, row)
        continue
      }
      if (to !== row) for (const fill of this.#fills) fill.target.move(row, to)
      to++
    }
  }

  #keepDirty(window: RowWindow, row: number): void {
    const { dirty, spans, from } = window
    const column = dirty.columns[row]!
    const fromKey = this.#fills.some((fill) => fill.readsKey && fill.target.name === column)
    const { data, starts, lengths } = fromKey ? window.keys : window.values
    const start = starts[row]!
    this.dirty.add({
      topicPartition: spans.topicPartition,
      offset: spans.offsets[from + row]!,
      column,
      reason: dirty.reasons[row]!,
      raw: data.subarray(start, start + Math.max(0, lengths[row]!)),
    })
  }
}
