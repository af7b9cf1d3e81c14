/** FLOAT, DOUBLE and BOOLEAN. */
import type { BoolColumn, Float64Column } from '../../lib/column-batch.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import { parseDouble, smallInteger, specialDouble } from './number-text.ts'
import { WINDOW_ROWS_MAX } from './row-window.ts'
import { bigLong, latin1, type Reason, safeLong, Target } from './target.ts'

export class FloatTarget extends Target {
  readonly #isFloat: boolean
  readonly #values = new Float64Array(WINDOW_ROWS_MAX)

  constructor(column: TableColumn) {
    super(column)
    this.#isFloat = column.type.kind === 'FLOAT'
  }

  column(_rowCount: number): Float64Column {
    return { kind: 'float64', values: this.#values, nulls: this.nullBitmap() }
  }

  move(from: number, to: number): void {
    this.#values[to] = this.#values[from]!
    this.moveNull(from, to)
  }

  setLong(row: number, low: number, high: number): Reason {
    const value = safeLong(low, high)
    this.#values[row] = Number.isNaN(value) ? Number(bigLong(low, high)) : value
    return null
  }

  override setDouble(row: number, value: number): Reason {
    if (this.#isFloat && Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
      return this.outOfRange()
    this.#values[row] = value
    return null
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    const text = latin1(data, start, length)
    const value = parseDouble(text)
    if (value === null) {
      const special = specialDouble(text)
      return special === null ? 'the text is not a number' : this.setDouble(row, special)
    }
    // A finite text beyond the largest double would become Infinity.
    return Number.isFinite(value) ? this.setDouble(row, value) : this.outOfRange()
  }

  override setBool(row: number, value: boolean): Reason {
    this.#values[row] = value ? 1 : 0
    return null
  }
}

export class BoolTarget extends Target {
  readonly #values = new Uint8Array(WINDOW_ROWS_MAX)

  column(_rowCount: number): BoolColumn {
    return { kind: 'bool', values: this.#values, nulls: this.nullBitmap() }
  }

  move(from: number, to: number): void {
    this.#values[to] = this.#values[from]!
    this.moveNull(from, to)
  }

  setLong(row: number, low: number, high: number): Reason {
    return this.setBool(row, low !== 0 || high !== 0)
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    const text = length > 5 ? '' : latin1(data, start, length).toLowerCase()
    if (text !== 'true' && text !== 'false') return 'the text is neither true nor false'
    return this.setBool(row, text === 'true')
  }

  override setNumberText(row: number, data: Uint8Array, start: number, length: number): Reason {
    const value = smallInteger(data, start, length)
    if (Number.isNaN(value)) return this.cannot('a number that is not a small integer')
    return this.setBool(row, value !== 0)
  }

  override setBool(row: number, value: boolean): Reason {
    this.#values[row] = value ? 1 : 0
    return null
  }
}
