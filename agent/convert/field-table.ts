/**
 * The fields of delimited values, split once a record.
 *
 *   value = field { delimiter field }        no quoting and no escapes, as in DataWorks
 */
import { type RowWindow, type TextSpans, WINDOW_ROWS_MAX } from './row-window.ts'

export class FieldTable {
  readonly #delimiter: Uint8Array
  readonly #starts: Int32Array
  readonly #lengths: Int32Array
  /** Field index to slot; -1: nobody wants the field. */
  readonly #slots: Int32Array
  #data: Uint8Array = new Uint8Array(0)

  /** `indexes`: the wanted fields, each once. An empty delimiter is a comma. */
  constructor(indexes: readonly number[], delimiter: string) {
    this.#delimiter = new TextEncoder().encode(delimiter === '' ? ',' : delimiter)
    this.#starts = new Int32Array(indexes.length * WINDOW_ROWS_MAX)
    this.#lengths = new Int32Array(indexes.length * WINDOW_ROWS_MAX)
    this.#slots = new Int32Array(indexes.length === 0 ? 0 : Math.max(...indexes) + 1).fill(-1)
    for (const [slot, index] of indexes.entries()) this.#slots[index] = slot
  }

  fill(window: RowWindow, values: TextSpans): void {
    this.#data = values.data
    this.#lengths.fill(-1)
    for (let row = 0; row < window.count; row++) {
      const length = values.lengths[row]!
      if (length >= 0) this.#split(row, values.data, values.starts[row]!, length)
    }
  }

  /** One wanted field of all rows; a field that a record does not have is NULL. */
  spans(index: number): TextSpans {
    const from = this.#slots[index]! * WINDOW_ROWS_MAX
    return {
      data: this.#data,
      starts: this.#starts.subarray(from, from + WINDOW_ROWS_MAX),
      lengths: this.#lengths.subarray(from, from + WINDOW_ROWS_MAX),
    }
  }

  #split(row: number, data: Uint8Array, start: number, length: number): void {
    const end = start + length
    let fieldStart = start
    for (let field = 0; field < this.#slots.length; field++) {
      const fieldEnd = this.#fieldEnd(data, fieldStart, end)
      const slot = this.#slots[field]!
      if (slot >= 0) {
        this.#starts[slot * WINDOW_ROWS_MAX + row] = fieldStart
        this.#lengths[slot * WINDOW_ROWS_MAX + row] = fieldEnd - fieldStart
      }
      if (fieldEnd === end) return
      fieldStart = fieldEnd + this.#delimiter.length
    }
  }

  #fieldEnd(data: Uint8Array, start: number, end: number): number {
    const delimiter = this.#delimiter
    const first = delimiter[0]!
    const last = end - delimiter.length
    for (let at = start; at <= last; at++) {
      if (data[at] !== first) continue
      let same = 1
      while (same < delimiter.length && data[at + same] === delimiter[same]) same++
      if (same === delimiter.length) return at
    }
    return end
  }
}
