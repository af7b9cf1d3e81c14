/**
 * Values of a query's rows as JSON that loses nothing:
 *
 *   BIGINT beyond 2^53, DECIMAL      text of their digits          NaN, ±Infinity    "NaN", "Infinity", "-Infinity"
 *   DATE                             "2024-02-29"                  DATETIME          "2024-02-29T13:00:00.000Z"
 *   TIMESTAMP                        "2024-02-29T13:00:00.000000000Z", TIMESTAMP_NTZ without the Z
 *   STRING, BINARY and the like      text; what is not UTF-8: {"$base64": "…"}
 *   ARRAY                            array                         MAP, STRUCT       object
 */
import { isUtf8 } from 'node:buffer'

import type { RowValue, SecondsAndNanos } from '../../maxcompute/tunnel/row-value.ts'
import type { MaxComputeType } from '../../maxcompute/types.ts'

export type JsonValue =
  | null
  | string
  | number
  | boolean
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

const DAY_MS = 86_400_000

/** `type` null: not known, the value is text or null. */
export function queryValue(type: MaxComputeType | null, value: RowValue): JsonValue {
  if (value === null) return null
  if (typeof value === 'bigint') return exactInteger(value)
  if (Buffer.isBuffer(value)) return bytesValue(value)
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number') return type?.kind === 'DATE' ? dateText(value) : finite(value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  return structured(type, value)
}

function structured(type: MaxComputeType | null, value: RowValue): JsonValue {
  switch (type?.kind) {
    case 'ARRAY':
    case 'VECTOR':
      return (value as readonly RowValue[]).map((item) => queryValue(type.element, item))
    case 'MAP': {
      const pairs = value as readonly (readonly [RowValue, RowValue])[]
      return Object.fromEntries(
        pairs.map(([key, item]) => [
          keyText(queryValue(type.key, key)),
          queryValue(type.value, item),
        ]),
      )
    }
    case 'STRUCT': {
      const fields = value as Readonly<Record<string, RowValue>>
      return Object.fromEntries(
        type.fields.map((f) => [f.name, queryValue(f.type, fields[f.name] ?? null)]),
      )
    }
    case 'TIMESTAMP':
      return `${timestampText(value as SecondsAndNanos)}Z`
    case 'TIMESTAMP_NTZ':
      return timestampText(value as SecondsAndNanos)
    default:
      return intervalText(value as SecondsAndNanos)
  }
}

function keyText(key: JsonValue): string {
  return typeof key === 'string' ? key : JSON.stringify(key)
}

function exactInteger(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

function bytesValue(bytes: Buffer): JsonValue {
  return isUtf8(bytes) ? bytes.toString('utf8') : { $base64: bytes.toString('base64') }
}

function dateText(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10)
}

function timestampText({ seconds, nanos }: SecondsAndNanos): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return `${whole}.${String(nanos).padStart(9, '0')}`
}

function intervalText({ seconds, nanos }: SecondsAndNanos): string {
  return `${seconds}.${String(nanos).padStart(9, '0')}`
}
