/** TINYINT to BIGINT. Values are written in 32-bit halves, so that no BigInt is made for a row. */
import type { Int64Column } from '../../lib/column-batch.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import { decimalParts, integerOf, smallInteger } from './number-text.ts'
import { WINDOW_ROWS_MAX } from './row-window.ts'
import { highOf, latin1, lowOf, type Reason, safeLong, Target } from './target.ts'

export type IntegerKind = 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT'

/** BIGINT's smallest value is the service's mark for NULL: it cannot be stored. */
const BIGINT_MIN = -(2n ** 63n) + 1n
const BIGINT_MAX = 2n ** 63n - 1n

const BITS: Readonly<Record<IntegerKind, number>> = {
  TINYINT: 8,
  SMALLINT: 16,
  INT: 32,
  BIGINT: 64,
}

export class Int64Target extends Target {
  readonly values = new BigInt64Array(WINDOW_ROWS_MAX)
  readonly halves = new Int32Array(this.values.buffer)
  readonly #isBigint: boolean
  /** Of the types below BIGINT. */
  readonly #min: number
  readonly #max: number

  constructor(column: TableColumn, kind: IntegerKind) {
    super(column)
    this.#isBigint = kind === 'BIGINT'
    this.#max = 2 ** (BITS[kind] - 1) - 1
    this.#min = -(2 ** (BITS[kind] - 1))
  }

  column(_rowCount: number): Int64Column {
    return { kind: 'int64', values: this.values, nulls: this.nullBitmap() }
  }

  move(from: number, to: number): void {
    this.halves[2 * to] = this.halves[2 * from]!
    this.halves[2 * to + 1] = this.halves[2 * from + 1]!
    this.moveNull(from, to)
  }

  setLong(row: number, low: number, high: number): Reason {
    if (this.#isBigint) {
      if (high === -2147483648 && low === 0) return this.outOfRange()
    } else {
      const value = safeLong(low, high)
      if (!(value >= this.#min && value <= this.#max)) return this.outOfRange()
    }
    this.halves[2 * row] = low
    this.halves[2 * row + 1] = high
    return null
  }

  override setDouble(row: number, value: number): Reason {
    if (!Number.isFinite(value)) return this.outOfRange()
    return this.#setBig(row, BigInt(Math.trunc(value)))
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    const small = smallInteger(data, start, length)
    if (!Number.isNaN(small)) return this.setLong(row, lowOf(small), highOf(small))
    const parts = decimalParts(latin1(data, start, length))
    if (parts === null) return 'the text is not a number'
    if (parts === 'huge') return this.outOfRange()
    return this.#setBig(row, integerOf(parts))
  }

  override setBool(row: number, value: boolean): Reason {
    return this.setLong(row, value ? 1 : 0, 0)
  }

  #setBig(row: number, value: bigint): Reason {
    if (value < BIGINT_MIN || value > BIGINT_MAX) return this.outOfRange()
    if (!this.#isBigint && (value < BigInt(this.#min) || value > BigInt(this.#max)))
      return this.outOfRange()
    this.values[row] = value
    return null
  }
}
