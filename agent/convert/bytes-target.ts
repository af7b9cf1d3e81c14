/** STRING, VARCHAR, CHAR and BINARY, JSON, and DECIMAL as text: the columns of bytes. */
import { isUtf8 } from 'node:buffer'

import type { BytesColumn } from '../../lib/column-batch.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import { BytesBuilder } from './bytes-builder.ts'
import { jsonProblem } from './json-text.ts'
import type { OverLengthRule } from './mapping.ts'
import { type DecimalParts, decimalParts, plainDecimal } from './number-text.ts'
import type { TextSpans } from './row-window.ts'
import { latin1, longText, type Reason, Target } from './target.ts'

abstract class BytesColumnTarget extends Target {
  protected readonly builder = new BytesBuilder()

  override begin(data: Uint8Array): void {
    this.builder.begin(data)
  }

  column(_rowCount: number): BytesColumn {
    return this.builder.column()
  }

  move(from: number, to: number): void {
    this.builder.move(from, to)
  }

  protected override markNull(row: number): void {
    this.builder.setNull(row)
  }
}

export interface LengthRule {
  readonly maxFieldBytes: number
  readonly overLengthRule: OverLengthRule
}

export class StringTarget extends BytesColumnTarget {
  readonly #isBinary: boolean
  /** Of VARCHAR and CHAR. */
  readonly #charactersMax: number
  readonly #rule: LengthRule
  /** Values up to this many bytes need no further look. */
  readonly #bytesFine: number

  constructor(column: TableColumn, rule: LengthRule) {
    super(column)
    const { type } = column
    this.#isBinary = type.kind === 'BINARY'
    this.#charactersMax =
      type.kind === 'VARCHAR' || type.kind === 'CHAR' ? type.lengthMax : Number.POSITIVE_INFINITY
    this.#rule = rule
    this.#bytesFine = Math.min(this.#charactersMax, rule.maxFieldBytes)
  }

  /**
   * The fast path: the spans as they are, with only their lengths looked at. `each` is called for the
   * rows shorter than `shortest` and for those that the length rules concern.
   */
  setSpans(spans: TextSpans, count: number, shortest: number, each: (row: number) => void): void {
    this.builder.setAll(spans, count)
    const own = this.builder.lengths
    for (let row = 0; row < count; row++) {
      const length = own[row]!
      if (length < shortest || length > this.#bytesFine) each(row)
    }
  }

  setLong(row: number, low: number, high: number): Reason {
    return this.#isBinary ? this.cannot('a number') : this.#setAscii(row, longText(low, high))
  }

  override setDouble(row: number, _value: number, text: () => string): Reason {
    return this.#isBinary ? this.cannot('a floating-point number') : this.#setAscii(row, text())
  }

  override setBool(row: number, value: boolean): Reason {
    return this.#isBinary ? this.cannot('a boolean') : this.#setAscii(row, value ? 'true' : 'false')
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    if (length <= this.#bytesFine) {
      this.builder.set(row, data, start, length)
      return null
    }
    if (length > this.#charactersMax) {
      const reason = this.#tooManyCharacters(data, start, length)
      if (reason !== null) return reason
    }
    if (length <= this.#rule.maxFieldBytes) {
      this.builder.set(row, data, start, length)
      return null
    }
    return this.#setOverLong(row, data, start, length)
  }

  override setBytes(row: number, data: Uint8Array, start: number, length: number): Reason {
    return this.setText(row, data, start, length)
  }

  override setNumberText(row: number, data: Uint8Array, start: number, length: number): Reason {
    return this.#isBinary ? this.cannot('a number') : this.setText(row, data, start, length)
  }

  override setJson(row: number, data: Uint8Array, start: number, length: number): Reason {
    return this.setText(row, data, start, length)
  }

  #setAscii(row: number, text: string): Reason {
    if (text.length > this.#charactersMax) return this.#tooLong(text.length)
    this.builder.setAscii(row, text)
    return null
  }

  #tooManyCharacters(data: Uint8Array, start: number, length: number): Reason {
    let characters = 0
    for (let at = start; at < start + length; at++) if ((data[at]! & 0xc0) !== 0x80) characters++
    return characters > this.#charactersMax ? this.#tooLong(characters) : null
  }

  #tooLong(characters: number): string {
    return `the text has ${characters} characters, ${this.typeText} takes ${this.#charactersMax}`
  }

  #setOverLong(row: number, data: Uint8Array, start: number, length: number): Reason {
    const { maxFieldBytes, overLengthRule } = this.#rule
    switch (overLengthRule) {
      case 'setNull':
        return this.setNull(row)
      case 'keepOn':
        this.builder.set(row, data, start, length)
        return null
      case 'truncate': {
        const cut = this.#isBinary ? maxFieldBytes : characterEnd(data, start, maxFieldBytes)
        this.builder.set(row, data, start, cut)
        return null
      }
      case 'dirty':
      default:
        return `the value has ${length} bytes, the limit is ${maxFieldBytes} (see overLengthRule)`
    }
  }
}

/** The length, at most `lengthMax`, at which text can be cut without cutting a character of UTF-8. */
export function characterEnd(data: Uint8Array, start: number, lengthMax: number): number {
  let length = lengthMax
  // A character has at most three continuation bytes: more of them is not UTF-8, and cut anywhere.
  while (length > 0 && lengthMax - length < 3 && (data[start + length]! & 0xc0) === 0x80) length--
  return (data[start + length]! & 0xc0) === 0x80 ? lengthMax : length
}

export class JsonTarget extends BytesColumnTarget {
  readonly #maxFieldBytes: number

  constructor(column: TableColumn, rule: LengthRule) {
    super(column)
    this.#maxFieldBytes = rule.maxFieldBytes
  }

  setLong(row: number, low: number, high: number): Reason {
    this.builder.setAscii(row, longText(low, high))
    return null
  }

  override setDouble(row: number, value: number, text: () => string): Reason {
    if (!Number.isFinite(value)) return 'JSON has no NaN and no Infinity'
    this.builder.setAscii(row, text())
    return null
  }

  override setBool(row: number, value: boolean): Reason {
    this.builder.setAscii(row, value ? 'true' : 'false')
    return null
  }

  /** Text must be JSON itself. */
  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    return jsonProblem(data, start, length) ?? this.setJson(row, data, start, length)
  }

  override setNumberText(row: number, data: Uint8Array, start: number, length: number): Reason {
    return this.setJson(row, data, start, length)
  }

  override setJson(row: number, data: Uint8Array, start: number, length: number): Reason {
    if (length > this.#maxFieldBytes)
      return `the JSON text has ${length} bytes, the limit is ${this.#maxFieldBytes}`
    if (!isUtf8(data.subarray(start, start + length))) return 'the JSON text is not UTF-8'
    this.builder.set(row, data, start, length)
    return null
  }
}

export class DecimalTarget extends BytesColumnTarget {
  readonly #precision: number
  readonly #scale: number

  constructor(column: TableColumn, type: { readonly precision: number; readonly scale: number }) {
    super(column)
    this.#precision = type.precision
    this.#scale = type.scale
  }

  setLong(row: number, low: number, high: number): Reason {
    return this.#setParts(row, decimalParts(longText(low, high)))
  }

  /** A binary fraction has no exact decimal form: rounded to the scale, half away from zero. */
  override setDouble(row: number, value: number, text: () => string): Reason {
    if (!Number.isFinite(value)) return this.outOfRange()
    const parts = decimalParts(text())
    return this.#setParts(
      row,
      parts === 'huge' || parts === null ? parts : round(parts, this.#scale),
    )
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    return this.#setParts(row, decimalParts(latin1(data, start, length)))
  }

  override setBool(row: number, value: boolean): Reason {
    return this.setLong(row, value ? 1 : 0, 0)
  }

  #setParts(row: number, parts: DecimalParts | 'huge' | null): Reason {
    if (parts === null) return 'the text is not a number'
    const text = parts === 'huge' ? null : plainDecimal(parts, this.#precision, this.#scale)
    if (text === null) return `the number has more digits than ${this.typeText} keeps`
    this.builder.setAscii(row, text)
    return null
  }
}

function round(parts: DecimalParts, scale: number): DecimalParts {
  if (parts.frac.length <= scale) return parts
  const up = parts.frac.charCodeAt(scale) >= 0x35
  const digits = BigInt(parts.int + parts.frac.slice(0, scale) || '0') + (up ? 1n : 0n)
  const text = digits.toString().padStart(scale + 1, '0')
  const int = text.slice(0, text.length - scale).replace(/^0+/, '')
  const frac = text.slice(text.length - scale).replace(/0+$/, '')
  return { negative: parts.negative && digits !== 0n, int, frac }
}
