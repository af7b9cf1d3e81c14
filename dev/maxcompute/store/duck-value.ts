import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api'
import type { DuckDBValue } from '@duckdb/node-api'

import { DAY_TIME_FIELDS, YEAR_MONTH_FIELD } from '../type/duckdb-type.ts'
import type { OdpsType } from '../type/odps-type.ts'
import { isMapEntries, isSecondsNanos } from '../wire/value.ts'
import type { Value } from '../wire/value.ts'
import { formatDecimal, parseDecimal } from './decimal.ts'
import { escapeText, unescapeText } from './string-escape.ts'

const NANOS_PER_SECOND = 1_000_000_000n
const NANOS_PER_MICRO = 1000n

/** A decoded value as DuckDB's client takes it. The value was checked (check-batch.ts). */
export function toDuckValue(type: OdpsType, value: Value): DuckDBValue {
  if (value === null) return null
  if (value instanceof Uint8Array) return bytesToDuck(type, value)
  if (isSecondsNanos(value)) {
    if (type.kind !== 'interval_day_time') {
      const nanos = value.seconds * NANOS_PER_SECOND + BigInt(value.nanos)
      return new DuckDBTimestampNanosecondsValue(nanos)
    }
    const { seconds, nanos } = DAY_TIME_FIELDS
    return new DuckDBStructValue({ [seconds]: value.seconds, [nanos]: value.nanos })
  }
  if (isMapEntries(value)) {
    if (type.kind !== 'map') throw mismatch(type)
    return new DuckDBMapValue(
      value.entries.map(([k, v]) => ({
        key: toDuckValue(type.key, k),
        value: toDuckValue(type.value, v),
      })),
    )
  }
  if (Array.isArray(value)) return arrayToDuck(type, value as readonly Value[])
  if (typeof value === 'bigint') return integerToDuck(type, value)
  return value as number | boolean
}

function bytesToDuck(type: OdpsType, bytes: Uint8Array): DuckDBValue {
  if (type.kind === 'binary') return new DuckDBBlobValue(bytes)
  if (type.kind !== 'decimal') {
    return Buffer.from(escapeText(bytes, 0, bytes.byteLength)).toString('utf8')
  }
  const parsed = parseDecimal(Buffer.from(bytes).toString('latin1'), type.precision, type.scale)
  if (typeof parsed === 'string') throw new TypeError(parsed)
  return new DuckDBDecimalValue(parsed, type.precision, type.scale)
}

function arrayToDuck(type: OdpsType, values: readonly Value[]): DuckDBValue {
  switch (type.kind) {
    case 'array':
      return new DuckDBListValue(values.map((v) => toDuckValue(type.element, v)))
    case 'vector':
      return new DuckDBArrayValue(values.map((v) => toDuckValue(type.element, v)))
    case 'struct':
      return new DuckDBStructValue(
        Object.fromEntries(
          type.fields.map((f, i) => [f.name, toDuckValue(f.type, values[i] ?? null)]),
        ),
      )
    default:
      throw mismatch(type)
  }
}

function integerToDuck(type: OdpsType, value: bigint): DuckDBValue {
  switch (type.kind) {
    case 'bigint':
      return value
    case 'date':
      return new DuckDBDateValue(Number(value))
    case 'datetime':
      return new DuckDBTimestampMillisecondsValue(value)
    case 'interval_year_month':
      return new DuckDBStructValue({ [YEAR_MONTH_FIELD]: value })
    default:
      return Number(value)
  }
}

/** A value read from DuckDB, as the wire formats take it. `type` is what the column is announced as. */
export function fromDuckValue(type: OdpsType, value: DuckDBValue | undefined): Value {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return unescapeText(Buffer.from(value, 'utf8'))
  if (typeof value === 'boolean' || typeof value === 'bigint') return value
  if (typeof value === 'number') {
    return type.kind === 'float' || type.kind === 'double' ? value : BigInt(value)
  }
  if (value instanceof DuckDBBlobValue) {
    return type.kind === 'binary' ? value.bytes : unescapeText(value.bytes)
  }
  if (value instanceof DuckDBDecimalValue) {
    return Buffer.from(formatDecimal(value.value, value.scale), 'latin1')
  }
  if (value instanceof DuckDBDateValue) return BigInt(value.days)
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis
  if (value instanceof DuckDBTimestampNanosecondsValue) return splitNanos(value.nanos)
  if (value instanceof DuckDBTimestampValue) return splitNanos(value.micros * NANOS_PER_MICRO)
  if (value instanceof DuckDBTimestampTZValue) return splitNanos(value.micros * NANOS_PER_MICRO)
  return fromNestedDuckValue(type, value)
}

function fromNestedDuckValue(type: OdpsType, value: DuckDBValue): Value {
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    if (type.kind !== 'array' && type.kind !== 'vector') throw mismatch(type)
    return value.items.map((v) => fromDuckValue(type.element, v))
  }
  if (value instanceof DuckDBMapValue) {
    if (type.kind !== 'map') throw mismatch(type)
    return {
      entries: value.entries.map(
        (e) => [fromDuckValue(type.key, e.key), fromDuckValue(type.value, e.value)] as const,
      ),
    }
  }
  if (value instanceof DuckDBStructValue) return structFromDuck(type, value)
  throw mismatch(type)
}

function structFromDuck(type: OdpsType, value: DuckDBStructValue): Value {
  switch (type.kind) {
    case 'interval_day_time':
      return {
        seconds: value.entries[DAY_TIME_FIELDS.seconds] as bigint,
        nanos: value.entries[DAY_TIME_FIELDS.nanos] as number,
      }
    case 'interval_year_month':
      return value.entries[YEAR_MONTH_FIELD] as bigint
    case 'struct':
      return type.fields.map((f) => fromDuckValue(f.type, value.entries[f.name]))
    default:
      throw mismatch(type)
  }
}

function splitNanos(nanos: bigint): Value {
  const remainder = nanos % NANOS_PER_SECOND
  const floor = remainder < 0n ? remainder + NANOS_PER_SECOND : remainder
  return { seconds: (nanos - floor) / NANOS_PER_SECOND, nanos: Number(floor) }
}

function mismatch(type: OdpsType): TypeError {
  return new TypeError(`a value of another kind stands in a column of type ${type.kind}`)
}
