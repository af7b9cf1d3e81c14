/** Reads `tunnel-vectors.json` and turns its values into columns and rows, for the tests beside it. */

import { readFileSync } from 'node:fs'

import type { Column, ColumnBatch } from '../../lib/column-batch.ts'
import type { TableColumn } from '../schema.ts'
import { type MaxComputeType, parseType } from '../types.ts'
import { columnKindOf } from './column-check.ts'
import type { RowValue } from './row-value.ts'

export interface RecordVector {
  readonly name: string
  readonly schema: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly hex: string
  readonly hexPyodpsCExtension?: string
  readonly expectedChecksum: number
}

export interface ArrowVector extends Omit<RecordVector, 'rows'> {
  readonly rows: RecordVector['rows'] | { readonly $sequence: { from: number; count: number } }
  readonly chunkSize: number
  readonly batches: readonly number[]
  readonly payloadLength: number
  readonly chunkCrc32c: readonly number[]
}

export interface Vectors {
  readonly primitives: {
    readonly crc32c: readonly { readonly inputHex: string; readonly crc: number }[]
    readonly zigzag64Varint: readonly { readonly value: string; readonly hex: string }[]
    readonly tags: readonly {
      readonly name: string
      readonly field: number
      readonly hex: string
    }[]
    readonly columnTags: readonly { column: number; wireType: number; hex: string }[]
  }
  readonly records: readonly RecordVector[]
  readonly malformed: readonly (RecordVector & { readonly expect: 'accept' | 'reject' })[]
  readonly downloadFooterWithMetrics: RecordVector
  readonly contentEncodings: readonly {
    readonly contentEncoding: string
    readonly hex: string
    readonly decodedHex: string
  }[]
  readonly arrow: readonly ArrowVector[]
  readonly arrowEmpty: readonly { readonly hex: string; readonly expect: 'accept' | 'reject' }[]
  readonly signing: readonly {
    readonly name: string
    readonly method: string
    readonly url: string
    readonly endpoint: string
    readonly headers: Readonly<Record<string, string>>
    readonly accessId: string
    readonly accessKey: string
    readonly region: string | null
    readonly canonicalString: string
    readonly authorization: string
    readonly signingKeyHex?: string
  }[]
}

export function loadVectors(): Vectors {
  return JSON.parse(
    readFileSync(new URL('./tunnel-vectors.json', import.meta.url), 'utf8'),
  ) as Vectors
}

export function columnsOf(schema: RecordVector['schema']): TableColumn[] {
  return schema.map(({ name, type }) => ({
    name,
    type: parseType(type),
    nullable: true,
    comment: '',
  }))
}

/** The rows of a vector as the decoders give them. */
export function expectedRows(vector: {
  readonly schema: RecordVector['schema']
  readonly rows: ArrowVector['rows']
}): RowValue[][] {
  const columns = columnsOf(vector.schema)
  return plainRows(vector.rows).map((row) => row.map((v, i) => toRowValue(v, columns[i]!.type)))
}

function plainRows(rows: ArrowVector['rows']): readonly (readonly unknown[])[] {
  if (!('$sequence' in rows)) return rows
  const { from, count } = rows.$sequence
  return Array.from({ length: count }, (_, i) => [String(from + i)])
}

function toRowValue(value: unknown, type: MaxComputeType): RowValue {
  if (value === null) return null
  const tagged = value as Record<string, never>
  switch (type.kind) {
    case 'BIGINT':
      return BigInt(value as string)
    case 'FLOAT':
      return Math.fround(Number(value))
    case 'DOUBLE':
      return Number(value)
    case 'DATETIME':
      return new Date(tagged['$epochMillis']!)
    case 'DATE':
      return tagged['$epochDays']!
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return { seconds: BigInt(tagged['$epochSeconds']!), nanos: tagged['$nanos']! }
    case 'INTERVAL_DAY_TIME':
      return { seconds: BigInt(tagged['$totalSeconds']!), nanos: tagged['$nanos']! }
    case 'INTERVAL_YEAR_MONTH':
      return tagged['$totalMonths']!
    case 'ARRAY':
    case 'VECTOR':
      return (value as unknown[]).map((v) => toRowValue(v, type.element))
    case 'MAP':
      return (tagged['$map'] as unknown as unknown[][]).map(([k, v]): RowValue => [
        toRowValue(k, type.key),
        toRowValue(v, type.value),
      ])
    case 'STRUCT':
      return Object.fromEntries(
        (tagged['$struct'] as unknown as unknown[][]).map(([name, v], i) => [
          name,
          toRowValue(v, type.fields[i]!.type),
        ]),
      ) as RowValue
    case 'JSON':
      return Buffer.from(tagged['$jsonText']!)
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'BINARY':
      return typeof value === 'string' ? Buffer.from(value) : Buffer.from(tagged['$hex']!, 'hex')
    default:
      return value as RowValue
  }
}

/** A batch of rows given as the decoders give them. */
export function batchOf(
  columns: readonly TableColumn[],
  rows: readonly (readonly RowValue[])[],
): ColumnBatch {
  return {
    rowCount: rows.length,
    columns: columns.map(({ type }, i) =>
      columnOf(
        type,
        rows.map((row) => row[i] ?? null),
      ),
    ),
  }
}

export function columnOf(type: MaxComputeType, values: readonly RowValue[]): Column | null {
  const kind = columnKindOf(type)
  if (values.length > 0 && values.every((v) => v === null)) return null
  const nulls = values.includes(null) ? Uint8Array.from(values, (v) => (v === null ? 1 : 0)) : null
  switch (kind) {
    case 'int64':
      return { kind: 'int64', nulls, values: BigInt64Array.from(values, toBigInt) }
    case 'float64':
      return { kind: 'float64', nulls, values: Float64Array.from(values, (v) => Number(v)) }
    case 'bool':
      return { kind: 'bool', nulls, values: Uint8Array.from(values, (v) => (v === true ? 1 : 0)) }
    case 'timestamp': {
      const parts = values.map((v) => (v ?? { seconds: 7n, nanos: 7 }) as Record<string, never>)
      return {
        kind: 'timestamp',
        nulls,
        seconds: BigInt64Array.from(parts, (v) => v['seconds']!),
        nanos: Int32Array.from(parts, (v) => v['nanos']!),
      }
    }
    case 'bytes':
      return bytesColumnOf(values)
    default:
      return { kind: 'nested', values }
  }
}

function toBigInt(value: RowValue): bigint {
  if (value instanceof Date) return BigInt(value.getTime())
  return value === null ? 1234n : BigInt(value as number)
}

/** Values lie apart and out of order in the data, as they do in a fetch response. */
function bytesColumnOf(values: readonly RowValue[]): Column {
  const pieces: Buffer[] = []
  const starts = new Int32Array(values.length)
  const lengths = new Int32Array(values.length).fill(-1)
  let at = 0
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i]
    if (value === null || value === undefined) continue
    const bytes = Buffer.from(value as string)
    pieces.push(Buffer.from([0xee]), bytes)
    starts[i] = at + 1
    lengths[i] = bytes.length
    at += bytes.length + 1
  }
  return { kind: 'bytes', data: Buffer.concat(pieces), starts, lengths }
}
