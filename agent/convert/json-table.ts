/** The wanted JSON values of a window's rows: each record's JSON is walked once, for all columns. */
import {
  JSON_ESCAPED,
  JSON_FALSE,
  JSON_MISSING,
  JSON_NESTED,
  JSON_NULL,
  JSON_NUMBER,
  JSON_STRING,
  JSON_TRUE,
  JsonPaths,
} from './json-paths.ts'
import { unescapeJson } from './json-text.ts'
import { type RowWindow, type TextSpans, WINDOW_ROWS_MAX } from './row-window.ts'
import type { Reason, Target } from './target.ts'

export class JsonTable {
  readonly #paths: JsonPaths
  readonly #count: number
  readonly #kinds: Uint8Array
  readonly #starts: Int32Array
  readonly #lengths: Int32Array
  #scratch = new Uint8Array(1024)
  #data: Uint8Array = new Uint8Array(0)

  constructor(paths: readonly (readonly string[])[]) {
    this.#paths = new JsonPaths(paths)
    this.#count = paths.length
    this.#kinds = new Uint8Array(paths.length * WINDOW_ROWS_MAX)
    this.#starts = new Int32Array(paths.length * WINDOW_ROWS_MAX)
    this.#lengths = new Int32Array(paths.length * WINDOW_ROWS_MAX)
  }

  /** The bytes that the values lie in. */
  get data(): Uint8Array {
    return this.#data
  }

  /** Rows whose value is no JSON object are marked dirty; a tombstone has no keys, so all NULL. */
  fill(window: RowWindow, values: TextSpans): void {
    this.#data = values.data
    for (let row = 0; row < window.count; row++) {
      const length = values.lengths[row]!
      if (length < 0) {
        for (let p = 0; p < this.#count; p++) this.#kinds[p * WINDOW_ROWS_MAX + row] = JSON_NULL
        continue
      }
      if (window.dirty.flags[row] === 1) continue
      const problem = this.#paths.scan(values.data, values.starts[row]!, length)
      if (problem === null) this.#keep(row)
      else window.dirty.mark(row, '', `the value is ${problem}`)
    }
  }

  #keep(row: number): void {
    const { kinds, starts, lengths } = this.#paths
    for (let p = 0; p < this.#count; p++) {
      const to = p * WINDOW_ROWS_MAX + row
      this.#kinds[to] = kinds[p]!
      this.#starts[to] = starts[p]!
      this.#lengths[to] = lengths[p]!
    }
  }

  /** Gives one value to a column. */
  convert(path: number, row: number, target: Target, emptyAsNull: boolean): Reason {
    const at = path * WINDOW_ROWS_MAX + row
    const start = this.#starts[at]!
    const length = this.#lengths[at]!
    const data = this.#data
    switch (this.#kinds[at]) {
      case JSON_STRING:
        if (emptyAsNull && length === 0) return target.setNull(row)
        return target.takesJsonTokens
          ? target.setJson(row, data, start - 1, length + 2)
          : target.setText(row, data, start, length)
      case JSON_ESCAPED:
        return target.takesJsonTokens
          ? target.setJson(row, data, start - 1, length + 2)
          : this.#unescaped(row, target, start, length)
      case JSON_NUMBER:
        return target.setNumberText(row, data, start, length)
      case JSON_TRUE:
        return target.setBool(row, true)
      case JSON_FALSE:
        return target.setBool(row, false)
      case JSON_NESTED:
        return target.setJson(row, data, start, length)
      case JSON_MISSING:
      case JSON_NULL:
      default:
        return target.setNull(row)
    }
  }

  #unescaped(row: number, target: Target, start: number, length: number): Reason {
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(length * 2)
    const bytes = unescapeJson(this.#data, start, length, this.#scratch)
    return target.setText(row, this.#scratch, 0, bytes)
  }
}
