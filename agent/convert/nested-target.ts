/** ARRAY, MAP and STRUCT from JSON text: the slow path, a JavaScript value a row. */
import type { NestedColumn } from '../../lib/column-batch.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import type { MaxComputeType } from '../../maxcompute/types.ts'
import { jsonProblem } from './json-text.ts'
import type { SliceMapping } from './mapping.ts'
import { JsonNumber, NestedProblem, nestedValue } from './nested-value.ts'
import { asBuffer, type Reason, Target } from './target.ts'
import type { TimeZone } from './time-zone.ts'

export class NestedTarget extends Target {
  readonly #type: MaxComputeType
  readonly #zone: TimeZone
  readonly #maxFieldBytes: number
  readonly #values: unknown[] = []

  constructor(column: TableColumn, mapping: SliceMapping, zone: TimeZone) {
    super(column)
    this.#type = column.type
    this.#zone = zone
    this.#maxFieldBytes = mapping.maxFieldBytes
  }

  override begin(_data: Uint8Array): void {
    this.#values.length = 0
  }

  column(rowCount: number): NestedColumn {
    this.#values.length = rowCount
    return { kind: 'nested', values: this.#values }
  }

  move(from: number, to: number): void {
    this.#values[to] = this.#values[from]
  }

  protected override markNull(row: number): void {
    this.#values[row] = null
  }

  setLong(_row: number, _low: number, _high: number): Reason {
    return this.cannot('a number')
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    return jsonProblem(data, start, length) ?? this.setJson(row, data, start, length)
  }

  override setNumberText(_row: number, _data: Uint8Array, _start: number, _length: number): Reason {
    return this.cannot('a number')
  }

  /** The text has been checked: it is JSON. */
  override setJson(row: number, data: Uint8Array, start: number, length: number): Reason {
    if (length > this.#maxFieldBytes)
      return `the JSON text has ${length} bytes, the limit is ${this.#maxFieldBytes}`
    try {
      const text = asBuffer(data).toString('utf8', start, start + length)
      this.#values[row] = nestedValue(this.#type, parseJson(text), this.#zone, '')
      return null
    } catch (error) {
      if (error instanceof NestedProblem) return error.message
      throw error
    }
  }
}

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const keepNumberText: SourceReviver = (_key, value, context) =>
  typeof value === 'number' ? new JsonNumber(context.source ?? String(value)) : value

function parseJson(text: string): unknown {
  // A byte order mark has been accepted, see JsonCursor.
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  return JSON.parse(json, keepNumberText as (key: string, value: unknown) => unknown)
}
