/** A MaxCompute column type, as written in DDL and in the schemas that the service sends. */
export type OdpsType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'varchar' | 'char'; readonly length: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'vector'; readonly element: OdpsType; readonly length: number }
  | { readonly kind: 'array'; readonly element: OdpsType }
  | { readonly kind: 'map'; readonly key: OdpsType; readonly value: OdpsType }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }

export interface StructField {
  readonly name: string
  readonly type: OdpsType
}

const SIMPLE_KINDS = [
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'boolean',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'datetime',
  'timestamp',
  'timestamp_ntz',
  'json',
  'interval_day_time',
  'interval_year_month',
] as const

export type SimpleKind = (typeof SIMPLE_KINDS)[number]

const DECIMAL_DEFAULT = { precision: 38, scale: 18 }
const DECIMAL_PRECISION_MAX = 38
const VARCHAR_LENGTH_MAX = 65_535
const CHAR_LENGTH_MAX = 255
const NESTING_MAX = 20

/** What is wrong with a type's text; `offset` counts characters from the start of the text. */
export class TypeSyntaxError extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.name = 'TypeSyntaxError'
    this.offset = offset
  }
}

/** Parses one type; throws TypeSyntaxError when the text is not exactly one known type. */
export function parseType(text: string): OdpsType {
  const parser = new TypeParser(text)
  const type = parser.type(0)
  parser.end()
  return type
}

/** The text of a type as the service writes it: lower case, no spaces. */
export function formatType(type: OdpsType): string {
  switch (type.kind) {
    case 'varchar':
    case 'char':
      return `${type.kind}(${type.length})`
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'vector':
      return `vector(${formatType(type.element)},${type.length})`
    case 'array':
      return `array<${formatType(type.element)}>`
    case 'map':
      return `map<${formatType(type.key)},${formatType(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map((f) => `${f.name}:${formatType(f.type)}`).join(',')}>`
    default:
      return type.kind
  }
}

class TypeParser {
  private at = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  type(depth: number): OdpsType {
    if (depth > NESTING_MAX) throw this.error(`types nest deeper than ${NESTING_MAX} levels`)
    const name = this.word().toLowerCase()
    switch (name) {
      case 'array':
        return this.between('<', '>', () => ({ kind: 'array', element: this.type(depth + 1) }))
      case 'map':
        return this.between('<', '>', () => {
          const key = this.type(depth + 1)
          this.expect(',')
          return { kind: 'map', key, value: this.type(depth + 1) }
        })
      case 'struct':
        return this.between('<', '>', () => ({ kind: 'struct', fields: this.fields(depth + 1) }))
      case 'vector':
        return this.between('(', ')', () => {
          const element = this.type(depth + 1)
          this.expect(',')
          return { kind: 'vector', element, length: this.integer(1, VARCHAR_LENGTH_MAX) }
        })
      case 'varchar':
        return this.between('(', ')', () => ({
          kind: 'varchar',
          length: this.integer(1, VARCHAR_LENGTH_MAX),
        }))
      case 'char':
        return this.between('(', ')', () => ({
          kind: 'char',
          length: this.integer(1, CHAR_LENGTH_MAX),
        }))
      case 'decimal':
        return this.decimal()
      default:
        return { kind: this.simple(name) }
    }
  }

  end(): void {
    this.skipSpace()
    if (this.at < this.text.length) throw this.error(`unexpected '${this.text.slice(this.at)}'`)
  }

  private simple(name: string): SimpleKind {
    const kind = SIMPLE_KINDS.find((k) => k === name)
    if (kind !== undefined) return kind
    throw new TypeSyntaxError(`unknown type '${name}'`, Math.max(0, this.at - name.length))
  }

  private decimal(): OdpsType {
    if (this.peek() !== '(') return { kind: 'decimal', ...DECIMAL_DEFAULT }
    return this.between('(', ')', () => {
      const precision = this.integer(1, DECIMAL_PRECISION_MAX)
      if (this.peek() !== ',') return { kind: 'decimal', precision, scale: 0 }
      this.expect(',')
      return { kind: 'decimal', precision, scale: this.integer(0, precision) }
    })
  }

  private fields(depth: number): StructField[] {
    const fields: StructField[] = []
    for (;;) {
      const name = this.word()
      this.expect(':')
      fields.push({ name, type: this.type(depth) })
      if (this.peek() !== ',') return fields
      this.expect(',')
    }
  }

  private between<T>(open: string, close: string, inner: () => T): T {
    this.expect(open)
    const value = inner()
    this.expect(close)
    return value
  }

  private word(): string {
    this.skipSpace()
    const quoted = /^`([^`]+)`/.exec(this.text.slice(this.at))
    if (quoted !== null) {
      this.at += quoted[0].length
      return quoted[1] ?? ''
    }
    const match = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(this.text.slice(this.at))
    if (match === null) throw this.error('a name is missing')
    this.at += match[0].length
    return match[0]
  }

  private integer(min: number, max: number): number {
    this.skipSpace()
    const match = /^\d{1,9}/.exec(this.text.slice(this.at))
    const value = match === null ? Number.NaN : Number(match[0])
    if (match === null || value < min || value > max) {
      throw this.error(`a whole number from ${min} to ${max} is missing`)
    }
    this.at += match[0].length
    return value
  }

  private expect(symbol: string): void {
    if (this.peek() !== symbol) throw this.error(`'${symbol}' is missing`)
    this.at += 1
  }

  private peek(): string {
    this.skipSpace()
    return this.text.charAt(this.at)
  }

  private skipSpace(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at += 1
  }

  private error(message: string): TypeSyntaxError {
    return new TypeSyntaxError(`type '${this.text}': ${message}`, this.at)
  }
}
