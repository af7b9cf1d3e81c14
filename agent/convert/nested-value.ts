/** A parsed JSON value into what the block encoders take for a type inside ARRAY, MAP or STRUCT. */
import { formatType, type MaxComputeType } from '../../maxcompute/types.ts'
import { BAD_DATE, instantOf, WALL_MS_MAX, WALL_MS_MIN, wallOf } from './date-target.ts'
import { parseDateTime } from './date-text.ts'
import { decimalParts, integerOf, parseDouble, plainDecimal, specialDouble } from './number-text.ts'
import type { TimeZone } from './time-zone.ts'

/** A number of the JSON text, with all of its digits. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Why a JSON value does not fit the type; caught where the row is converted. */
export class NestedProblem extends Error {
  override readonly name = 'NestedProblem'
}

const INTEGER_BITS: Readonly<Record<string, bigint>> = {
  TINYINT: 8n,
  SMALLINT: 16n,
  INT: 32n,
  BIGINT: 64n,
}
const DAY_MS = 86_400_000

/** Throws a `NestedProblem` that names the place inside the value. */
export function nestedValue(
  type: MaxComputeType,
  value: unknown,
  zone: TimeZone,
  path: string,
): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'ARRAY': {
      if (!Array.isArray(value)) throw problem(type, path, 'a JSON array is expected')
      return value.map((item, i) => nestedValue(type.element, item, zone, `${path}[${i}]`))
    }
    case 'MAP': {
      const entries = Object.entries(asObject(type, value, path))
      // Keys are user data: the place does not name them.
      return entries.map(([key, item]) => [
        nestedValue(type.key, key, zone, `${path}[key]`),
        nestedValue(type.value, item, zone, `${path}[value]`),
      ])
    }
    case 'STRUCT': {
      const object = asObject(type, value, path)
      const fields = type.fields.map(({ name, type: fieldType }) => {
        const item = fieldOf(object, name) ?? null
        return [name, nestedValue(fieldType, item, zone, `${path}.${name}`)] as const
      })
      return Object.fromEntries(fields)
    }
    default:
      return scalarValue(type, value, zone, path)
  }
}

/** Field names of a struct are case-insensitive; the exact spelling wins. */
function fieldOf(object: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  const key = Object.keys(object).find((k) => k.toLowerCase() === name.toLowerCase())
  return key === undefined ? null : object[key]
}

function asObject(type: MaxComputeType, value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof JsonNumber)
    throw problem(type, path, 'a JSON object is expected')
  return value as Record<string, unknown>
}

function scalarValue(type: MaxComputeType, value: unknown, zone: TimeZone, path: string): unknown {
  switch (type.kind) {
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'JSON':
      return textValue(type, value, path)
    case 'BINARY':
      if (typeof value !== 'string') throw problem(type, path, 'a JSON string is expected')
      return Buffer.from(value, 'utf8')
    case 'BOOLEAN':
      return boolValue(type, value, path)
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return integerValue(type, value, path)
    case 'FLOAT':
    case 'DOUBLE':
      return doubleValue(type, value, path)
    case 'DECIMAL': {
      const parts = decimalParts(numberText(type, value, path))
      const text =
        parts === null || parts === 'huge' ? null : plainDecimal(parts, type.precision, type.scale)
      if (text === null) throw problem(type, path, 'not a number that fits')
      return text
    }
    case 'DATE':
    case 'DATETIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return timeValue(type, value, zone, path)
    default:
      throw problem(type, path, 'the type is not supported')
  }
}

function textValue(type: MaxComputeType, value: unknown, path: string): string {
  const text = typeof value === 'string' && type.kind !== 'JSON' ? value : jsonText(value)
  const lengthMax = type.kind === 'VARCHAR' || type.kind === 'CHAR' ? type.lengthMax : null
  if (lengthMax !== null && text.length > lengthMax && Array.from(text).length > lengthMax)
    throw problem(type, path, 'the text is too long')
  return text
}

/** JSON text of a parsed value, numbers with their own digits. */
function jsonText(value: unknown): string {
  if (value instanceof JsonNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${jsonText(v)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}

function numberText(type: MaxComputeType, value: unknown, path: string): string {
  if (value instanceof JsonNumber) return value.text
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  throw problem(type, path, 'a number is expected')
}

function boolValue(type: MaxComputeType, value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) {
    return value.toLowerCase() === 'true'
  }
  if (value instanceof JsonNumber && /^-?\d+$/.test(value.text)) return !/^-?0+$/.test(value.text)
  throw problem(type, path, 'true or false is expected')
}

function integerValue(type: MaxComputeType, value: unknown, path: string): bigint {
  const parts = decimalParts(numberText(type, value, path))
  if (parts === null) throw problem(type, path, 'not a number')
  const integer = parts === 'huge' ? 2n ** 64n : integerOf(parts)
  const max = 2n ** (INTEGER_BITS[type.kind]! - 1n) - 1n
  const min = type.kind === 'BIGINT' ? -max : -max - 1n
  if (integer < min || integer > max) throw problem(type, path, 'the number is out of range')
  return integer
}

function doubleValue(type: MaxComputeType, value: unknown, path: string): number {
  const text = numberText(type, value, path)
  const number = parseDouble(text)
  if (number === null) {
    const special = specialDouble(text)
    if (special === null) throw problem(type, path, 'not a number')
    return special
  }
  const stored = type.kind === 'FLOAT' ? Math.fround(number) : number
  if (!Number.isFinite(stored)) throw problem(type, path, 'the number is out of range')
  return number
}

function timeValue(type: MaxComputeType, value: unknown, zone: TimeZone, path: string): unknown {
  const [instant, wall, subMsNanos] = clocks(type, value, zone, path)
  if (!(wall >= WALL_MS_MIN && wall <= WALL_MS_MAX))
    throw problem(type, path, 'the time is outside the years 1 to 9999')
  if (type.kind === 'DATE') return BigInt(Math.floor(wall / DAY_MS))
  if (type.kind === 'DATETIME') {
    if (subMsNanos !== 0) throw problem(type, path, 'the time is finer than milliseconds')
    return BigInt(instant)
  }
  const ms = type.kind === 'TIMESTAMP' ? instant : wall
  const seconds = Math.floor(ms / 1000)
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 + subMsNanos }
}

function clocks(
  type: MaxComputeType,
  value: unknown,
  zone: TimeZone,
  path: string,
): readonly [instant: number, wall: number, subMsNanos: number] {
  if (value instanceof JsonNumber && /^-?\d{1,15}$/.test(value.text)) {
    const ms = Number(value.text)
    return [ms, zone.wallOfInstant(ms), 0]
  }
  const text = typeof value === 'string' ? parseDateTime(value) : null
  if (text === null) throw problem(type, path, BAD_DATE)
  return [instantOf(text, zone), wallOf(text, zone), text.subMsNanos]
}

function problem(type: MaxComputeType, path: string, what: string): NestedProblem {
  const place = path === '' ? '' : ` at ${path.replace(/^\./, '')}`
  return new NestedProblem(`${what} for ${formatType(type)}${place}`)
}
