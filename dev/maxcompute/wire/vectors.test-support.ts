/** Reads the byte-exact vectors of the tunnel formats, and turns their JSON values into values. */
import { readFileSync } from 'node:fs'

import { parseType } from '../type/odps-type.ts'
import type { OdpsType } from '../type/odps-type.ts'
import type { StreamColumn } from './record-tags.ts'
import type { BatchColumn, RowBatch } from './row-batch.ts'
import type { Value } from './value.ts'
import { wordsToBigInt } from './word-range.ts'

interface Schema {
  readonly schema: readonly { readonly name: string; readonly type: string }[]
}

export interface RecordVector extends Schema {
  readonly name: string
  readonly rows: readonly (readonly unknown[])[]
  readonly hex: string
  readonly hexPyodpsCExtension?: string
}

export interface MalformedVector extends Schema {
  readonly name: string
  readonly hex: string
  readonly expect: 'accept' | 'reject'
  readonly rows?: readonly (readonly unknown[])[]
}

export interface ArrowVector extends Schema {
  readonly name: string
  readonly hex: string
  readonly rows:
    | readonly (readonly unknown[])[]
    | { readonly $sequence: { readonly from: number; readonly count: number } }
}

export interface SigningVector {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly accessId: string
  readonly accessKey: string
  readonly region: string | null
  readonly canonicalString: string
  readonly authorization: string
  readonly signingKeyHex?: string
}

interface Vectors {
  readonly primitives: {
    readonly crc32c: readonly { readonly inputHex: string; readonly crc: number }[]
  }
  readonly records: readonly RecordVector[]
  readonly malformed: readonly MalformedVector[]
  readonly downloadFooterWithMetrics: RecordVector
  readonly contentEncodings: readonly {
    readonly name: string
    readonly contentEncoding: string
    readonly hex: string
    readonly decodedHex: string
  }[]
  readonly arrow: readonly ArrowVector[]
  readonly arrowEmpty: readonly { readonly hex: string; readonly expect: 'accept' | 'reject' }[]
  readonly signing: readonly SigningVector[]
}

/** The file is data that the client's tests read too; no code is shared. */
const file = new URL('../../../maxcompute/tunnel/tunnel-vectors.json', import.meta.url)
export const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

export function streamColumns(vector: Schema): StreamColumn[] {
  return vector.schema.map((c) => ({ name: c.name, type: parseType(c.type), isNullable: true }))
}

/** Rows of a vector as values of their types. */
export function expectedRows(vector: Schema & { readonly rows?: ArrowVector['rows'] }): Value[][] {
  const types = vector.schema.map((c) => parseType(c.type))
  const { rows } = vector
  if (rows === undefined) return []
  if ('$sequence' in rows) {
    const { from, count } = rows.$sequence
    return Array.from({ length: count }, (_, i) => [BigInt(from + i)])
  }
  return rows.map((row) => row.map((json, i) => fromJson(types[i] as OdpsType, json)))
}

/** Rows of a batch, copied out of its window. */
export function batchRows(batch: RowBatch): Value[][] {
  return Array.from({ length: batch.rowCount }, (_, row) =>
    batch.columns.map((column) => copied(columnValue(column, row))),
  )
}

function columnValue(column: BatchColumn, row: number): Value {
  if (column.present[row] === 0) return null
  const low = column.words[2 * row] as number
  const high = column.words[2 * row + 1] as number
  switch (column.layout) {
    case 'bytes': {
      const start = column.starts[row] as number
      return column.data.subarray(start, start + (column.lengths[row] as number))
    }
    case 'nested':
      return column.nested[row] ?? null
    case 'seconds':
      return { seconds: wordsToBigInt(low, high), nanos: column.nanos[row] as number }
    case 'words': {
      const view = new DataView(new Int32Array([low, high]).buffer)
      if (column.type.kind === 'boolean') return low === 1
      if (column.type.kind === 'float') return view.getFloat32(0, true)
      if (column.type.kind === 'double') return view.getFloat64(0, true)
      return wordsToBigInt(low, high)
    }
  }
}

function copied(value: Value): Value {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Value[]).map(copied)
  if (!('entries' in value)) return value
  const entries = value.entries as readonly (readonly [Value, Value])[]
  return { entries: entries.map(([k, v]) => [copied(k), copied(v)] as const) }
}

function fromJson(type: OdpsType, json: unknown): Value {
  if (json === null) return null
  const marked = typeof json === 'object' && !Array.isArray(json) ? (json as Marked) : {}
  switch (type.kind) {
    case 'array':
    case 'vector':
      return (json as unknown[]).map((v) => fromJson(type.element, v))
    case 'map':
      return {
        entries: (marked.$map ?? []).map(
          ([k, v]) => [fromJson(type.key, k), fromJson(type.value, v)] as const,
        ),
      }
    case 'struct':
      return type.fields.map((f, i) => fromJson(f.type, marked.$struct?.[i]?.[1] ?? null))
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return {
        seconds: BigInt(marked.$epochSeconds ?? marked.$totalSeconds ?? 0),
        nanos: marked.$nanos ?? 0,
      }
    case 'boolean':
      return json as boolean
    case 'float':
    case 'double':
      return Number(json)
    case 'string':
    case 'varchar':
    case 'char':
    case 'binary':
    case 'json':
    case 'decimal':
      return marked.$hex === undefined
        ? Buffer.from(marked.$jsonText ?? (json as string), 'utf8')
        : Buffer.from(marked.$hex, 'hex')
    default:
      return BigInt(
        marked.$epochDays ?? marked.$epochMillis ?? marked.$totalMonths ?? (json as string),
      )
  }
}

interface Marked {
  readonly $hex?: string
  readonly $jsonText?: string
  readonly $epochDays?: number
  readonly $epochMillis?: number
  readonly $epochSeconds?: number
  readonly $totalSeconds?: number
  readonly $totalMonths?: number
  readonly $nanos?: number
  readonly $map?: readonly (readonly [unknown, unknown])[]
  readonly $struct?: readonly (readonly [string, unknown])[]
}
