import type { DuckDBDataChunk } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'

import type { OdpsType } from '../type/odps-type.ts'
import { BATCH_ROWS } from '../wire/row-batch.ts'
import type { BatchColumn, RowBatch } from '../wire/row-batch.ts'
import { wordsToBigInt } from '../wire/word-range.ts'
import { bytesAt } from './check-batch.ts'
import { parseDecimal } from './decimal.ts'
import { toDuckValue } from './duck-value.ts'
import { escapeText } from './string-escape.ts'

const NANOS_PER_SECOND = 1_000_000_000n
/** DuckDB's string_t: 4 bytes of length, then up to 12 bytes in place; longer strings go through the client. */
const STRING_BYTES = 16
const INLINE_BYTES_MAX = 12

/** Room for one column of one chunk, used again for every chunk. */
const scratch = new ArrayBuffer(BATCH_ROWS * STRING_BYTES)
const scratch8 = new Uint8Array(scratch)
const scratch16 = new Int16Array(scratch)
const scratch32 = new Int32Array(scratch)
const scratch64 = new BigInt64Array(scratch)
const validity = new Uint8Array(BATCH_ROWS / 8)

/** Writes one column of a batch into one column of a chunk of the same row count. */
export function writeVector(
  chunk: DuckDBDataChunk,
  index: number,
  batch: RowBatch,
  column: BatchColumn,
): void {
  const { rowCount } = batch
  if (column.layout === 'nested' || isStruct(column.type)) {
    chunk.setColumnValues(index, nestedValues(column, rowCount))
    return
  }
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index)
  switch (column.layout) {
    case 'words':
      copyWords(vector, column, rowCount)
      break
    case 'seconds':
      copySeconds(vector, column, rowCount)
      break
    case 'bytes':
      if (column.type.kind === 'decimal') copyDecimals(vector, column, rowCount)
      else copyBytes(vector, column, rowCount)
      break
  }
  writeValidity(vector, column.present, rowCount)
}

/** Writes the same text, or NULL, into every row. */
export function fillVector(
  chunk: DuckDBDataChunk,
  index: number,
  rowCount: number,
  value: Parameters<DuckDBDataChunk['setColumnValues']>[1][number],
): void {
  chunk.setColumnValues(
    index,
    Array.from({ length: rowCount }, () => value),
  )
}

function isStruct(type: OdpsType): boolean {
  return type.kind === 'interval_day_time' || type.kind === 'interval_year_month'
}

function nestedValues(column: BatchColumn, rowCount: number): ReturnType<typeof toDuckValue>[] {
  return Array.from({ length: rowCount }, (_, row) => {
    if (column.present[row] === 0) return null
    if (column.layout === 'nested') return toDuckValue(column.type, column.nested[row] ?? null)
    const words = wordsAt(column, row)
    if (column.layout === 'words') return toDuckValue(column.type, words)
    return toDuckValue(column.type, { seconds: words, nanos: column.nanos[row] as number })
  })
}

function wordsAt(column: BatchColumn, row: number): bigint {
  return wordsToBigInt(column.words[2 * row] as number, column.words[2 * row + 1] as number)
}

function copyWords(vector: duckdb.Vector, column: BatchColumn, rowCount: number): void {
  const { words } = column
  switch (column.type.kind) {
    case 'boolean':
    case 'tinyint':
      for (let row = 0; row < rowCount; row += 1) scratch8[row] = words[2 * row] as number
      duckdb.copy_data_to_vector(vector, 0, scratch, 0, rowCount)
      return
    case 'smallint':
      for (let row = 0; row < rowCount; row += 1) scratch16[row] = words[2 * row] as number
      duckdb.copy_data_to_vector(vector, 0, scratch, 0, 2 * rowCount)
      return
    case 'int':
    case 'date':
    case 'float':
      for (let row = 0; row < rowCount; row += 1) scratch32[row] = words[2 * row] as number
      duckdb.copy_data_to_vector(vector, 0, scratch, 0, 4 * rowCount)
      return
    default:
      duckdb.copy_data_to_vector(
        vector,
        0,
        words.buffer as ArrayBuffer,
        words.byteOffset,
        8 * rowCount,
      )
  }
}

function copySeconds(vector: duckdb.Vector, column: BatchColumn, rowCount: number): void {
  for (let row = 0; row < rowCount; row += 1) {
    scratch64[row] =
      column.present[row] === 1
        ? wordsAt(column, row) * NANOS_PER_SECOND + BigInt(column.nanos[row] as number)
        : 0n
  }
  duckdb.copy_data_to_vector(vector, 0, scratch, 0, 8 * rowCount)
}

function copyDecimals(vector: duckdb.Vector, column: BatchColumn, rowCount: number): void {
  if (column.type.kind !== 'decimal') return
  const { precision, scale } = column.type
  const width = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16
  for (let row = 0; row < rowCount; row += 1) {
    const value = column.present[row] === 1 ? decimalAt(column, row, precision, scale) : 0n
    if (width === 2) scratch16[row] = Number(value)
    else if (width === 4) scratch32[row] = Number(value)
    else if (width === 8) scratch64[row] = value
    else {
      scratch64[2 * row] = BigInt.asIntN(64, value)
      scratch64[2 * row + 1] = value >> 64n
    }
  }
  duckdb.copy_data_to_vector(vector, 0, scratch, 0, width * rowCount)
}

function decimalAt(column: BatchColumn, row: number, precision: number, scale: number): bigint {
  const parsed = parseDecimal(
    Buffer.from(bytesAt(column, row)).toString('latin1'),
    precision,
    scale,
  )
  if (typeof parsed === 'string') throw new TypeError(parsed)
  return parsed
}

function copyBytes(vector: duckdb.Vector, column: BatchColumn, rowCount: number): void {
  const isText = column.type.kind !== 'binary'
  const long: Uint8Array[] = []
  const longRows: number[] = []
  scratch32.fill(0, 0, (rowCount * STRING_BYTES) / 4)
  for (let row = 0; row < rowCount; row += 1) {
    if (column.present[row] === 0) continue
    const start = column.starts[row] as number
    const end = start + (column.lengths[row] as number)
    const bytes = isText ? escapeText(column.data, start, end) : column.data.subarray(start, end)
    const length = bytes.byteLength
    if (length > INLINE_BYTES_MAX) {
      long.push(bytes)
      longRows.push(row)
      continue
    }
    scratch32[4 * row] = length
    const at = row * STRING_BYTES + 4
    for (let i = 0; i < length; i += 1) scratch8[at + i] = bytes[i] as number
  }
  duckdb.copy_data_to_vector(vector, 0, scratch, 0, rowCount * STRING_BYTES)
  for (const [i, row] of longRows.entries()) {
    duckdb.vector_assign_string_element_len(vector, row, long[i] as Uint8Array)
  }
}

function writeValidity(vector: duckdb.Vector, present: Uint8Array, rowCount: number): void {
  let nulls = 0
  validity.fill(0xff)
  for (let row = 0; row < rowCount; row += 1) {
    if (present[row] === 1) continue
    nulls += 1
    validity[row >> 3] = (validity[row >> 3] as number) & ~(1 << (row & 7))
  }
  if (nulls === 0) return
  duckdb.vector_ensure_validity_writable(vector)
  const bytes = Math.ceil(rowCount / 64) * 8
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, bytes)
}
