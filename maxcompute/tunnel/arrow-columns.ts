/**
 * One column of a batch into the buffers of an Arrow array (validity, then offsets or values, then data).
 *
 * A1. A plan is made first (sizes), then the buffers are filled in place in the message: that is the only copy.
 * A2. The message's memory holds anything, also rows of an earlier message, so every byte of a buffer and of its padding is written here.
 */

import type { BytesColumn, Column } from '../../lib/column-batch.ts'
import type { TableColumn } from '../schema.ts'
import type { MaxComputeType } from '../types.ts'
import { wordsOf } from './column-check.ts'
import { writeDecimal128 } from './decimal128.ts'
import { plainBytes, viewOf } from './record-writer.ts'
import { invalidValue } from './wire.ts'

/** Bytes of a value in the values buffer; -1: bits, 0: variable length (offsets and data). */
export function valueBytesOf(type: MaxComputeType): number {
  switch (type.kind) {
    case 'BOOLEAN':
      return -1
    case 'TINYINT':
      return 1
    case 'SMALLINT':
      return 2
    case 'INT':
    case 'FLOAT':
    case 'DATE':
      return 4
    case 'DECIMAL':
      return 16
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'BINARY':
      return 0
    default:
      return 8
  }
}

export interface ColumnPlan {
  readonly column: Column | null
  readonly declared: TableColumn
  readonly nullCount: number
  /** Without padding; the validity buffer is 0 bytes when no row is NULL. */
  readonly bufferBytes: readonly number[]
}

const OFFSET_MAX = 0x7fff_ffff

/** Sizes of the column's buffers for `rowCount` rows. */
export function planColumn(
  column: Column | null,
  declared: TableColumn,
  rowCount: number,
): ColumnPlan {
  const nullCount = column === null ? rowCount : countNulls(column, rowCount)
  const bitmapBytes = (rowCount + 7) >> 3
  const validityBytes = nullCount === 0 ? 0 : bitmapBytes
  const valueBytes = valueBytesOf(declared.type)
  if (valueBytes === 0) {
    const dataBytes = column?.kind === 'bytes' ? dataBytesOf(column, declared, rowCount) : 0
    const offsetBytes = (rowCount + 1) * 4
    return { column, declared, nullCount, bufferBytes: [validityBytes, offsetBytes, dataBytes] }
  }
  const valuesBytes = valueBytes === -1 ? bitmapBytes : rowCount * valueBytes
  return { column, declared, nullCount, bufferBytes: [validityBytes, valuesBytes] }
}

function countNulls(column: Column, rowCount: number): number {
  let count = 0
  if (column.kind === 'bytes') {
    const { lengths } = column
    for (let row = 0; row < rowCount; row++) if (lengths[row]! < 0) count++
  } else if (column.kind !== 'nested' && column.nulls !== null) {
    const { nulls } = column
    for (let row = 0; row < rowCount; row++) if (nulls[row] !== 0) count++
  }
  return count
}

function dataBytesOf(column: BytesColumn, declared: TableColumn, rowCount: number): number {
  let sum = 0
  const { lengths } = column
  for (let row = 0; row < rowCount; row++) sum += Math.max(0, lengths[row]!)
  if (sum > OFFSET_MAX) {
    throw invalidValue(declared.name, declared.type, 0, 'more than 2 GiB in one batch')
  }
  return sum
}

/** Fills the buffers at their places in `out`. `starts`: one per buffer, multiples of 8 from the start of `out`. */
export function fillColumn(
  plan: ColumnPlan,
  rowCount: number,
  out: Uint8Array,
  starts: readonly number[],
): void {
  const [validityBytes = 0, secondBytes = 0] = plan.bufferBytes
  const [validityStart = 0, secondStart = 0, dataStart = 0] = starts
  if (validityBytes > 0) fillValidity(plan, rowCount, out, validityStart)
  const { column } = plan
  if (column === null) {
    out.fill(0, secondStart, secondStart + secondBytes)
  } else if (column.kind === 'bytes' && valueBytesOf(plan.declared.type) === 0) {
    fillOffsetsAndData(column, rowCount, out, secondStart, dataStart)
  } else {
    fillValues(column, plan.declared, rowCount, out, secondStart)
  }
}

function fillValidity(plan: ColumnPlan, rowCount: number, out: Uint8Array, start: number): void {
  const { column } = plan
  if (column === null || column.kind === 'nested') {
    out.fill(0, start, start + ((rowCount + 7) >> 3))
    return
  }
  if (column.kind === 'bytes') {
    const { lengths } = column
    packBits(out, start, rowCount, (row) => (lengths[row]! < 0 ? 0 : 1))
    return
  }
  const { nulls } = column
  if (nulls !== null) packBits(out, start, rowCount, (row) => (nulls[row] === 0 ? 1 : 0))
}

function packBits(
  out: Uint8Array,
  start: number,
  rowCount: number,
  bitOf: (row: number) => number,
): void {
  let at = start
  for (let row = 0; row < rowCount; at++) {
    const end = Math.min(row + 8, rowCount)
    let byte = 0
    for (let bit = 0; row < end; bit++, row++) byte |= bitOf(row) << bit
    out[at] = byte
  }
}

function fillOffsetsAndData(
  column: BytesColumn,
  rowCount: number,
  out: Uint8Array,
  offsetsStart: number,
  dataStart: number,
): void {
  const { starts, lengths } = column
  const data = plainBytes(column.data)
  const source = viewOf(data)
  const target = viewOf(out)
  let offset = 0
  target.setInt32(offsetsStart, 0, true)
  for (let row = 0; row < rowCount; row++) {
    const length = lengths[row]!
    if (length > 0) {
      const from = starts[row]!
      copyBytes(data, source, from, length, out, target, dataStart + offset)
      offset += length
    }
    target.setInt32(offsetsStart + 4 * row + 4, offset, true)
  }
}

/** From here on the engine's own copy is cheaper than a loop of words. */
const NATIVE_COPY_BYTES_MIN = 256

function copyBytes(
  data: Uint8Array,
  source: DataView,
  from: number,
  length: number,
  out: Uint8Array,
  target: DataView,
  at: number,
): void {
  if (length >= NATIVE_COPY_BYTES_MIN) {
    out.set(data.subarray(from, from + length), at)
    return
  }
  let i = 0
  // The engine keeps these BigInts in registers: nothing is allocated.
  for (const wordsEnd = length - 7; i < wordsEnd; i += 8) {
    target.setBigUint64(at + i, source.getBigUint64(from + i, true), true)
  }
  if (i < length - 3) {
    target.setInt32(at + i, source.getInt32(from + i, true), true)
    i += 4
  }
  for (; i < length; i++) out[at + i] = data[from + i]!
}

function fillValues(
  column: Column,
  declared: TableColumn,
  rowCount: number,
  out: Uint8Array,
  start: number,
): void {
  switch (column.kind) {
    case 'int64':
      return fillInts(column.values, valueBytesOf(declared.type), rowCount, out, start)
    case 'float64':
      return fillFloats(column.values, valueBytesOf(declared.type), rowCount, out, start)
    case 'bool': {
      const { values } = column
      return packBits(out, start, rowCount, (row) => (values[row] === 0 ? 0 : 1))
    }
    case 'timestamp':
      return fillNanoseconds(
        column.seconds,
        column.nanos,
        column.nulls,
        declared,
        rowCount,
        out,
        start,
      )
    case 'bytes':
      return fillDecimals(column, declared, rowCount, out, start)
    case 'nested':
      throw invalidValue(declared.name, declared.type, 0, 'nested values need the record encoding')
  }
}

function fillInts(
  values: BigInt64Array,
  valueBytes: number,
  rowCount: number,
  out: Uint8Array,
  start: number,
): void {
  if (valueBytes === 8) {
    out.set(new Uint8Array(values.buffer, values.byteOffset, rowCount * 8), start)
    return
  }
  const words = wordsOf(values)
  const target = viewOf(out)
  for (let row = 0; row < rowCount; row++) {
    const low = words[2 * row]!
    if (valueBytes === 4) target.setInt32(start + 4 * row, low, true)
    else if (valueBytes === 2) target.setInt16(start + 2 * row, low, true)
    else out[start + row] = low
  }
}

function fillFloats(
  values: Float64Array,
  valueBytes: number,
  rowCount: number,
  out: Uint8Array,
  start: number,
): void {
  if (valueBytes === 8) {
    out.set(new Uint8Array(values.buffer, values.byteOffset, rowCount * 8), start)
    return
  }
  const target = viewOf(out)
  for (let row = 0; row < rowCount; row++) target.setFloat32(start + 4 * row, values[row]!, true)
}

/** The seconds whose nanoseconds fit 64 bits: the years 1677 to 2262. */
const NANO_SECONDS_MAX = 9_223_372_035

function fillNanoseconds(
  seconds: BigInt64Array,
  nanos: Int32Array,
  nulls: Uint8Array | null,
  declared: TableColumn,
  rowCount: number,
  out: Uint8Array,
  start: number,
): void {
  const words = wordsOf(seconds)
  const target = viewOf(out)
  for (let row = 0; row < rowCount; row++) {
    const at = start + 8 * row
    if (nulls !== null && nulls[row] !== 0) {
      target.setInt32(at, 0, true)
      target.setInt32(at + 4, 0, true)
      continue
    }
    const second = words[2 * row + 1]! * 0x1_0000_0000 + (words[2 * row]! >>> 0)
    const nano = nanos[row]!
    if (Math.abs(second) > NANO_SECONDS_MAX) {
      throw invalidValue(
        declared.name,
        declared.type,
        row,
        'Arrow holds the years 1678 to 2261 only',
      )
    }
    if (nano < 0 || nano > 999_999_999) {
      throw invalidValue(declared.name, declared.type, row, 'nanoseconds are not 0 to 999,999,999')
    }
    // second * 1e9 + nano exceeds 2^53: in parts of 16 bits, each exact.
    const highPart = Math.floor(second / 0x1_0000)
    const lowPart = (second - highPart * 0x1_0000) * 1e9 + nano
    const upper = highPart * 1e9 + Math.floor(lowPart / 0x1_0000)
    const high = Math.floor(upper / 0x1_0000)
    target.setInt32(at, (upper - high * 0x1_0000) * 0x1_0000 + (lowPart % 0x1_0000), true)
    target.setInt32(at + 4, high, true)
  }
}

function fillDecimals(
  column: BytesColumn,
  declared: TableColumn,
  rowCount: number,
  out: Uint8Array,
  start: number,
): void {
  const { type } = declared
  if (type.kind !== 'DECIMAL') throw invalidValue(declared.name, type, 0, 'not a decimal')
  const target = viewOf(out)
  for (let row = 0; row < rowCount; row++) {
    const length = column.lengths[row]!
    const at = start + 16 * row
    if (length < 0) {
      out.fill(0, at, at + 16)
      continue
    }
    const from = column.starts[row]!
    const problem = writeDecimal128(column.data, from, length, type, target, at)
    if (problem !== null) throw invalidValue(declared.name, type, row, problem)
  }
}
