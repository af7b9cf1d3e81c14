/**
 * A column of a batch under construction: what DataWorks' conversion matrix has as its rows are the
 * methods here, what it has as its columns are the subclasses.
 *
 * T1. A method answers null when the row has its value, or a reason why the record is dirty.
 * T2. Nothing is narrowed silently: what does not fit the type is a reason. (Like DataWorks, integer
 *     columns drop the fraction of a number, and FLOAT, DOUBLE round to their precision.)
 * T3. A reason never holds the value: values are user data.
 */
import type { Column } from '../../lib/column-batch.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import { formatType } from '../../maxcompute/types.ts'
import { WINDOW_ROWS_MAX } from './row-window.ts'

/** Why a record is dirty; null: it is not. */
export type Reason = string | null

export abstract class Target {
  readonly name: string
  readonly typeText: string
  /** The column keeps JSON: a JSON string is given with its quotes, to `setJson`. */
  readonly takesJsonTokens: boolean
  readonly #nullable: boolean
  /** 1 for NULL. Kept by the subclasses that have no other mark for it. */
  readonly nulls = new Uint8Array(WINDOW_ROWS_MAX)
  hasNulls = false

  constructor(column: TableColumn) {
    this.name = column.name
    this.typeText = formatType(column.type)
    this.#nullable = column.nullable
    this.takesJsonTokens = column.type.kind === 'JSON'
  }

  /** Starts a window. `data`: bytes that spans may point to for as long as the batch lives. */
  begin(_data: Uint8Array): void {
    if (this.hasNulls) this.nulls.fill(0)
    this.hasNulls = false
  }

  /** The finished column of the window's first `rowCount` rows. */
  abstract column(rowCount: number): Column

  /** Moves row `from` to row `to`, which is before it: closes the gap of a dirty record. */
  abstract move(from: number, to: number): void

  setNull(row: number): Reason {
    if (!this.#nullable) return 'NULL for a NOT NULL column'
    this.markNull(row)
    return null
  }

  protected markNull(row: number): void {
    this.nulls[row] = 1
    this.hasNulls = true
  }

  protected moveNull(from: number, to: number): void {
    this.nulls[to] = this.nulls[from]!
  }

  protected nullBitmap(): Uint8Array | null {
    return this.hasNulls ? this.nulls : null
  }

  /** A 64-bit integer in two halves: `high * 2^32 + (low >>> 0)`. */
  abstract setLong(row: number, low: number, high: number): Reason

  /** `text`: its shortest decimal form, which differs between 32-bit and 64-bit values. */
  setDouble(_row: number, _value: number, _text: () => string): Reason {
    return this.cannot('a floating-point number')
  }

  setText(_row: number, _data: Uint8Array, _start: number, _length: number): Reason {
    return this.cannot('text')
  }

  setBytes(_row: number, _data: Uint8Array, _start: number, _length: number): Reason {
    return this.cannot('bytes')
  }

  setBool(_row: number, _value: boolean): Reason {
    return this.cannot('a boolean')
  }

  /** A JSON number by its text: read exactly, as an integer where it is written as one. */
  setNumberText(row: number, data: Uint8Array, start: number, length: number): Reason {
    return this.setText(row, data, start, length)
  }

  /** The text of a JSON object or array. */
  setJson(_row: number, _data: Uint8Array, _start: number, _length: number): Reason {
    return this.cannot('a JSON object or array')
  }

  protected cannot(what: string): string {
    return `${what} cannot become ${this.typeText}`
  }

  protected outOfRange(): string {
    return `the number is out of range for ${this.typeText}`
  }
}

/** ASCII text of a span; other bytes become characters that no number or date has. */
export function latin1(data: Uint8Array, start: number, length: number): string {
  return asBuffer(data).toString('latin1', start, start + length)
}

/** The same bytes as a Buffer, for its native text functions. */
export function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

const TWO_32 = 2 ** 32

/** The integer of two halves when it is exact as a double; NaN otherwise. */
export function safeLong(low: number, high: number): number {
  const value = high * TWO_32 + (low >>> 0)
  return Number.isSafeInteger(value) ? value : Number.NaN
}

export function bigLong(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

/** Plain decimal text of an integer in two halves. */
export function longText(low: number, high: number): string {
  const value = safeLong(low, high)
  return Number.isNaN(value) ? bigLong(low, high).toString() : String(value)
}

/** The halves of a safe integer. */
export function highOf(value: number): number {
  return Math.floor(value / TWO_32)
}

export function lowOf(value: number): number {
  return (value - Math.floor(value / TWO_32) * TWO_32) | 0
}
