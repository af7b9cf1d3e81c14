/** Record spans and mappings for the tests of this folder. */
import type { ColumnBatch } from '../../lib/column-batch.ts'
import { parseType } from '../../maxcompute/types.ts'
import type { RecordSpans } from '../kafka/record-spans.ts'
import { createConverter } from './converter.ts'
import type { DirtyRecord } from './dirty-records.ts'
import type { ColumnSource, SliceMapping } from './mapping.ts'

export interface TestRecord {
  readonly key?: Uint8Array | string | null | undefined
  readonly value?: Uint8Array | string | null | undefined
  readonly headers?: readonly (readonly [string, Uint8Array | string | null])[]
  readonly offset?: number
  readonly timestampMs?: number
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data
}

function zigzag(value: number): number[] {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  const bytes: number[] = []
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return [...bytes, rest]
}

export function spansOf(records: readonly TestRecord[], topicPartition = 0): RecordSpans {
  const parts: Uint8Array[] = []
  let at = 0
  const append = (bytes: Uint8Array): number => {
    parts.push(bytes)
    at += bytes.length
    return at - bytes.length
  }
  // Some foreign bytes first, so that a span that ignores its start is noticed.
  append(Buffer.from('foreign "bytes"'))
  const count = records.length
  const spans = {
    topic: 'orders',
    topicPartition,
    count,
    offsets: Float64Array.from(records, (r, i) => r.offset ?? i),
    timestampsMs: Float64Array.from(records, (r) => r.timestampMs ?? -1),
    keyStarts: new Int32Array(count),
    keyLengths: new Int32Array(count).fill(-1),
    valueStarts: new Int32Array(count),
    valueLengths: new Int32Array(count).fill(-1),
    headerStarts: new Int32Array(count),
    headerCounts: new Int32Array(count),
  }
  for (const [i, record] of records.entries()) {
    if (record.key !== null && record.key !== undefined) {
      const bytes = bytesOf(record.key)
      spans.keyStarts[i] = append(bytes)
      spans.keyLengths[i] = bytes.length
    }
    if (record.value !== null && record.value !== undefined) {
      const bytes = bytesOf(record.value)
      spans.valueStarts[i] = append(bytes)
      spans.valueLengths[i] = bytes.length
    }
    spans.headerStarts[i] = at
    spans.headerCounts[i] = record.headers?.length ?? 0
    for (const [key, value] of record.headers ?? []) {
      const keyBytes = bytesOf(key)
      append(Uint8Array.from([...zigzag(keyBytes.length), ...keyBytes]))
      if (value === null) append(Uint8Array.from(zigzag(-1)))
      else append(Uint8Array.from([...zigzag(bytesOf(value).length), ...bytesOf(value)]))
    }
  }
  return { ...spans, data: Buffer.concat(parts) }
}

export type TestColumn = readonly [source: ColumnSource, type: string]

export const VALUE: ColumnSource = { kind: 'attribute', attribute: 'value' }
export const KEY: ColumnSource = { kind: 'attribute', attribute: 'key' }
export const OFFSET: ColumnSource = { kind: 'attribute', attribute: 'offset' }

export function jsonPath(...keys: string[]): ColumnSource {
  return { kind: 'jsonPath', keys }
}

/** Columns are named c0, c1, …; a type that ends in `!` is NOT NULL. */
export function mappingOf(
  columns: readonly TestColumn[],
  more: Partial<SliceMapping> = {},
): SliceMapping {
  return {
    columns: columns.map(([source], target) => ({ source, target })),
    sessionColumns: columns.map(([, type], i) => ({
      name: `c${i}`,
      type: parseType(type.replace('!', '')),
      nullable: !type.endsWith('!'),
      comment: '',
    })),
    keyType: 'string',
    valueType: 'string',
    encoding: 'utf-8',
    headerEncoding: 'utf-8',
    fieldDelimiter: ',',
    timeZone: 'Asia/Shanghai',
    emptyAsNull: false,
    overLengthRule: 'dirty',
    maxFieldBytes: 8 * 1024 * 1024,
    ...more,
  }
}

/** Rows as plain values: bytes as latin1 text, so that every byte can be told apart. */
export function rowsOf(batch: ColumnBatch): unknown[][] {
  return Array.from({ length: batch.rowCount }, (_, row) =>
    batch.columns.map((column) => {
      if (column === null) return null
      switch (column.kind) {
        case 'bytes': {
          const start = column.starts[row]!
          const length = column.lengths[row]!
          if (length < 0) return null
          return Buffer.from(column.data.subarray(start, start + length)).toString('latin1')
        }
        case 'nested':
          return column.values[row]
        case 'timestamp':
          if (column.nulls?.[row] === 1) return null
          return `${column.seconds[row]}.${String(column.nanos[row]).padStart(9, '0')}`
        case 'bool':
          return column.nulls?.[row] === 1 ? null : column.values[row] === 1
        case 'int64':
        case 'float64':
        default:
          return column.nulls?.[row] === 1 ? null : column.values[row]
      }
    }),
  )
}

export interface Converted {
  readonly rows: unknown[][]
  readonly dirty: readonly DirtyRecord[]
  readonly dirtyCount: number
}

export function convertAll(mapping: SliceMapping, records: readonly TestRecord[]): Converted {
  const converter = createConverter(mapping)
  const rows: unknown[][] = []
  for (const batch of converter.convert(spansOf(records))) rows.push(...rowsOf(batch))
  return { rows, dirty: converter.dirty.kept, dirtyCount: converter.dirty.count }
}
