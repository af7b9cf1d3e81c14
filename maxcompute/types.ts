/**
 * MaxCompute's column types: `decimal(10,2)`, `array<struct<a:bigint,b:string>>` and so on, parsed into a closed union.
 *
 *   type   = scalar | DECIMAL [ "(" p [ "," s ] ")" ] | (VARCHAR | CHAR) "(" n ")"
 *          | ARRAY "<" type ">" | MAP "<" type "," type ">" | STRUCT "<" name ":" type { "," name ":" type } ">"
 *          | VECTOR "(" type "," n ")"
 *
 * Names are case-insensitive. A struct field's name may stand in back quotes.
 */

import { MaxComputeError } from './errors.ts'

export type ScalarKind =
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'BOOLEAN'
  | 'STRING'
  | 'BINARY'
  | 'JSON'
  | 'DATE'
  | 'DATETIME'
  | 'TIMESTAMP'
  | 'TIMESTAMP_NTZ'
  | 'INTERVAL_DAY_TIME'
  | 'INTERVAL_YEAR_MONTH'
  | 'GEOGRAPHY'

export interface StructField {
  readonly name: string
  readonly type: MaxComputeType
}

export type MaxComputeType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'VARCHAR' | 'CHAR'; readonly lengthMax: number }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'ARRAY'; readonly element: MaxComputeType }
  | { readonly kind: 'MAP'; readonly key: MaxComputeType; readonly value: MaxComputeType }
  | { readonly kind: 'STRUCT'; readonly fields: readonly StructField[] }
  | { readonly kind: 'VECTOR'; readonly element: MaxComputeType; readonly dimension: number }

const SCALARS: ReadonlySet<string> = new Set<ScalarKind>([
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'BOOLEAN',
  'STRING',
  'BINARY',
  'JSON',
  'DATE',
  'DATETIME',
  'TIMESTAMP',
  'TIMESTAMP_NTZ',
  'INTERVAL_DAY_TIME',
  'INTERVAL_YEAR_MONTH',
  'GEOGRAPHY',
])

/** What a bare DECIMAL means in the 2.0 type system. */
const DECIMAL_PRECISION_DEFAULT = 38
const DECIMAL_SCALE_DEFAULT = 18

/** Deeper types are refused, so that a hostile schema cannot exhaust the stack. */
const TYPE_DEPTH_MAX = 32

/** Reads a type as DDL and the service's schemas write it. Throws a `MaxComputeError` (UnsupportedType) with the text and the place. */
export function parseType(text: string): MaxComputeType {
  const parser = new TypeParser(text)
  const type = parser.type(0)
  parser.end()
  return type
}

/** The type as DDL text, upper case: `ARRAY<STRUCT<a:BIGINT>>`. */
export function formatType(type: MaxComputeType): string {
  switch (type.kind) {
    case 'VARCHAR':
    case 'CHAR':
      return `${type.kind}(${type.lengthMax})`
    case 'DECIMAL':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'ARRAY':
      return `ARRAY<${formatType(type.element)}>`
    case 'MAP':
      return `MAP<${formatType(type.key)},${formatType(type.value)}>`
    case 'STRUCT':
      return `STRUCT<${type.fields.map((f) => `${f.name}:${formatType(f.type)}`).join(',')}>`
    case 'VECTOR':
      return `VECTOR(${formatType(type.element)},${type.dimension})`
    default:
      return type.kind
  }
}

class TypeParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  type(depth: number): MaxComputeType {
    if (depth > TYPE_DEPTH_MAX) throw this.#error(`nested deeper than ${TYPE_DEPTH_MAX}`)
    const kind = this.#word().toUpperCase()
    if (SCALARS.has(kind)) return { kind: kind as ScalarKind }
    switch (kind) {
      case 'VARCHAR':
      case 'CHAR':
        return { kind, lengthMax: this.#numbers(1)[0] ?? 0 }
      case 'DECIMAL':
        return this.#decimal()
      case 'ARRAY':
        return { kind, element: this.#inAngles(() => this.type(depth + 1)) }
      case 'MAP':
        return this.#inAngles(() => {
          const key = this.type(depth + 1)
          this.#expect(',')
          return { kind, key, value: this.type(depth + 1) }
        })
      case 'STRUCT':
        return { kind, fields: this.#inAngles(() => this.#fields(depth + 1)) }
      case 'VECTOR':
        return this.#vector(depth + 1)
      default:
        throw this.#error(kind === '' ? 'a type is missing' : `unknown type ${kind}`)
    }
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) throw this.#error('unexpected text')
  }

  #decimal(): MaxComputeType {
    if (!this.#peek('(')) {
      return {
        kind: 'DECIMAL',
        precision: DECIMAL_PRECISION_DEFAULT,
        scale: DECIMAL_SCALE_DEFAULT,
      }
    }
    const [precision = DECIMAL_PRECISION_DEFAULT, scale = 0] = this.#numbers(2)
    return { kind: 'DECIMAL', precision, scale }
  }

  #vector(depth: number): MaxComputeType {
    this.#expect('(')
    const element = this.type(depth)
    this.#expect(',')
    const dimension = Number(this.#word())
    this.#expect(')')
    if (!Number.isInteger(dimension) || dimension < 1) throw this.#error('bad vector dimension')
    return { kind: 'VECTOR', element, dimension }
  }

  #fields(depth: number): StructField[] {
    const fields: StructField[] = []
    do {
      const name = this.#fieldName()
      this.#expect(':')
      fields.push({ name, type: this.type(depth) })
    } while (this.#skip(','))
    return fields
  }

  #fieldName(): string {
    if (!this.#peek('`')) return this.#word()
    const end = this.#text.indexOf('`', this.#at + 1)
    if (end < 0) throw this.#error('a back quote is not closed')
    const name = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return name
  }

  #inAngles<T>(inner: () => T): T {
    this.#expect('<')
    const value = inner()
    this.#expect('>')
    return value
  }

  #numbers(countMax: number): number[] {
    this.#expect('(')
    const numbers: number[] = []
    do numbers.push(Number(this.#word()))
    while (numbers.length < countMax && this.#skip(','))
    this.#expect(')')
    if (numbers.some((n) => !Number.isInteger(n))) throw this.#error('a number is expected')
    return numbers
  }

  #word(): string {
    this.#space()
    const match = /^[^\s<>(),:`]*/.exec(this.#text.slice(this.#at))
    const word = match?.[0] ?? ''
    this.#at += word.length
    return word
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #peek(char: string): boolean {
    this.#space()
    return this.#text[this.#at] === char
  }

  #skip(char: string): boolean {
    if (!this.#peek(char)) return false
    this.#at++
    return true
  }

  #expect(char: string): void {
    if (!this.#skip(char)) throw this.#error(`'${char}' is expected`)
  }

  #error(what: string): MaxComputeError {
    return new MaxComputeError(
      'UnsupportedType',
      `Column type "${this.#text}" cannot be read: ${what} at character ${this.#at + 1}`,
    )
  }
}
