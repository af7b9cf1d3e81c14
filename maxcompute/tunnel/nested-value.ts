/**
 * JavaScript values of ARRAY, MAP, STRUCT, VECTOR and intervals into the record format: the slow path.
 *
 *   ARRAY  = varint(count) ( flag [ value ] )*        flag: 01 is NULL, 00 is followed by the value
 *   MAP    = ARRAY of keys, ARRAY of values
 *   STRUCT = ( flag [ value ] )*                      the declared fields in order, no count
 *   VECTOR = varint(count) value*                     no flags
 *
 * Values as the decoder gives them (`row-value.ts`) are accepted, and for convenience: strings for text, `number` for BIGINT
 * when it is a safe integer, `Map` or pairs for MAP, numbers or `Date` for DATETIME. `undefined` is NULL.
 */

import type { MaxComputeType } from '../types.ts'
import { type RecordWriter, viewOf } from './record-writer.ts'
import { invalidValue } from './wire.ts'

interface Place {
  readonly columnName: string
  readonly row: number
}

const int64Scratch = new BigInt64Array(1)
const int64Halves = new Int32Array(int64Scratch.buffer)
const doubleScratch = new Float64Array(1)
const doubleHalves = new Int32Array(doubleScratch.buffer)

const INT_RANGE: Readonly<Record<string, readonly [bigint, bigint]>> = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32_768n, 32_767n],
  INT: [-2_147_483_648n, 2_147_483_647n],
  INTERVAL_YEAR_MONTH: [-2_147_483_648n, 2_147_483_647n],
}
const INT64_RANGE = [-(2n ** 63n), 2n ** 63n - 1n] as const

/** Writes a value that is not NULL, without its tag. Throws InvalidValue with the column, the row and what is wrong. */
export function writeNestedValue(
  writer: RecordWriter,
  type: MaxComputeType,
  value: unknown,
  place: Place,
): void {
  switch (type.kind) {
    case 'ARRAY':
      return writeElements(writer, type.element, asArray(value, type, place), place)
    case 'MAP': {
      const pairs = asPairs(value, type, place)
      const keys = pairs.map((pair) => pair[0])
      const values = pairs.map((pair) => pair[1])
      writeElements(writer, type.key, keys, place)
      return writeElements(writer, type.value, values, place)
    }
    case 'STRUCT': {
      const fields = asObject(value, type, place)
      for (const field of type.fields) writeFlagged(writer, field.type, fields[field.name], place)
      return
    }
    case 'VECTOR': {
      const elements = asArray(value, type, place)
      if (elements.length !== type.dimension) throw wrong(type, place, 'wrong number of elements')
      writer.count(elements.length)
      for (const element of elements) {
        writer.reserve()
        writeNestedValue(writer, type.element, element, place)
      }
      return
    }
    default:
      return writeScalar(writer, type, value, place)
  }
}

function writeElements(
  writer: RecordWriter,
  type: MaxComputeType,
  elements: readonly unknown[],
  place: Place,
): void {
  writer.count(elements.length)
  for (const element of elements) writeFlagged(writer, type, element, place)
}

function writeFlagged(
  writer: RecordWriter,
  type: MaxComputeType,
  value: unknown,
  place: Place,
): void {
  const isNull = value === null || value === undefined
  writer.flag(isNull)
  if (!isNull) writeNestedValue(writer, type, value, place)
}

function writeScalar(
  writer: RecordWriter,
  type: MaxComputeType,
  value: unknown,
  place: Place,
): void {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'DATE':
    case 'DATETIME':
    case 'INTERVAL_YEAR_MONTH':
      int64Scratch[0] = asInteger(value, type, place)
      return writer.int64(int64Halves[0]!, int64Halves[1]!)
    case 'BOOLEAN':
      if (typeof value !== 'boolean') throw wrong(type, place, 'a boolean is expected')
      return writer.boolean(value ? 1 : 0)
    case 'DOUBLE':
      doubleScratch[0] = asNumber(value, type, place)
      return writer.double(doubleHalves[0]!, doubleHalves[1]!)
    case 'FLOAT':
      return writer.float(asNumber(value, type, place))
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
    case 'INTERVAL_DAY_TIME':
      return writeSeconds(writer, type, value, place)
    default:
      return writeBytes(writer, type, value, place)
  }
}

function writeSeconds(
  writer: RecordWriter,
  type: MaxComputeType,
  value: unknown,
  place: Place,
): void {
  const { seconds, nanos } = asObject(value, type, place)
  if (typeof nanos !== 'number' || !Number.isInteger(nanos) || nanos < 0 || nanos > 999_999_999) {
    throw wrong(type, place, '{seconds, nanos} with 0 to 999,999,999 nanoseconds is expected')
  }
  int64Scratch[0] = asInteger(seconds, type, place)
  writer.secondsAndNanos(int64Halves[0]!, int64Halves[1]!, nanos)
}

function writeBytes(
  writer: RecordWriter,
  type: MaxComputeType,
  value: unknown,
  place: Place,
): void {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
    throw wrong(type, place, 'text or bytes are expected')
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  writer.bytes(bytes, viewOf(bytes), 0, bytes.length)
}

function asInteger(value: unknown, type: MaxComputeType, place: Place): bigint {
  let integer: bigint
  if (typeof value === 'bigint') integer = value
  else if (typeof value === 'number' && Number.isSafeInteger(value)) integer = BigInt(value)
  else if (value instanceof Date && !Number.isNaN(value.getTime())) {
    integer = BigInt(value.getTime())
  } else throw wrong(type, place, 'a bigint or a safe integer is expected')
  const [min, max] = INT_RANGE[type.kind] ?? INT64_RANGE
  if (integer < min || integer > max) throw wrong(type, place, 'the number is out of range')
  return integer
}

function asNumber(value: unknown, type: MaxComputeType, place: Place): number {
  if (typeof value !== 'number') throw wrong(type, place, 'a number is expected')
  if (type.kind === 'FLOAT' && Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
    throw wrong(type, place, 'the number is out of range')
  }
  return value
}

function asArray(value: unknown, type: MaxComputeType, place: Place): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(type, place, 'an array is expected')
  return value as readonly unknown[]
}

function asPairs(
  value: unknown,
  type: MaxComputeType,
  place: Place,
): readonly (readonly unknown[])[] {
  if (value instanceof Map) return [...value.entries()]
  const pairs = asArray(value, type, place)
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw wrong(type, place, 'a Map or an array of [key, value] pairs is expected')
    }
  }
  return pairs as readonly (readonly unknown[])[]
}

function asObject(value: unknown, type: MaxComputeType, place: Place): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(type, place, 'an object is expected')
  }
  return value as Record<string, unknown>
}

function wrong(type: MaxComputeType, place: Place, what: string): Error {
  return invalidValue(place.columnName, type, place.row, what)
}
