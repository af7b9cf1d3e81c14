import type { OdpsType } from '../type/odps-type.ts'
import type { ArrowArray } from './arrow-array.ts'
import { isNullAt } from './arrow-array.ts'
import { BlockError } from './block-error.ts'
import type { BatchColumn } from './row-batch.ts'
import type { Value } from './value.ts'
import { checkWordRange, wordsToBigInt } from './word-range.ts'

const NANOS_PER_SECOND = 1_000_000_000n
/** A decimal128 has up to 39 digits; sign and point besides. */
const DECIMAL_TEXT_BYTES = 48

/** Copies rows `from .. from + count` of an Arrow array into a batch column. */
export function fillColumn(
  target: BatchColumn,
  array: ArrowArray,
  from: number,
  count: number,
): void {
  for (let row = 0; row < count; row += 1) target.present[row] = isNullAt(array, from + row) ? 0 : 1
  switch (target.layout) {
    case 'words':
      fillWords(target, array, from, count)
      return
    case 'bytes':
      if (target.type.kind === 'decimal') fillDecimals(target, array, from, count)
      else fillBytes(target, array, from, count)
      return
    case 'seconds':
      fillSeconds(target, array, from, count)
      return
    case 'nested':
      for (let row = 0; row < count; row += 1) target.nested[row] = valueAt(array, from + row)
  }
}

function fillWords(target: BatchColumn, array: ArrowArray, from: number, count: number): void {
  const { words } = target
  const { kind } = target.type
  const isWide = kind === 'bigint' || kind === 'datetime' || kind === 'double'
  if (isWide) {
    const start = array.data.byteOffset + 8 * from
    words.set(new Int32Array(array.data.buffer, start, 2 * count))
  } else {
    const read = narrowReader(array)
    for (let row = 0; row < count; row += 1) {
      const word = read(from + row)
      words[2 * row] = word
      words[2 * row + 1] = word >> 31
    }
  }
  if (kind !== 'date' && kind !== 'datetime') return
  for (let row = 0; row < count; row += 1) {
    if (target.present[row] === 0) continue
    const problem = checkWordRange(kind, words[2 * row] as number, words[2 * row + 1] as number)
    if (problem !== null) throw new BlockError('MalformedDataStream', `Arrow block: ${problem}`)
  }
}

/** Reads values of up to 32 bits; the bits of a FLOAT. */
function narrowReader(array: ArrowArray): (index: number) => number {
  const { data } = array
  switch (array.type.kind) {
    case 'boolean':
      return (i) => ((data[i >> 3] as number) >> (i & 7)) & 1
    case 'tinyint':
      return (i) => ((data[i] as number) << 24) >> 24
    case 'smallint': {
      const values = new Int16Array(data.buffer, data.byteOffset, array.length)
      return (i) => values[i] as number
    }
    default: {
      const values = new Int32Array(data.buffer, data.byteOffset, array.length)
      return (i) => values[i] as number
    }
  }
}

function fillBytes(target: BatchColumn, array: ArrowArray, from: number, count: number): void {
  target.data = array.data
  for (let row = 0; row < count; row += 1) {
    const start = array.offsets[from + row] as number
    target.starts[row] = start
    target.lengths[row] = (array.offsets[from + row + 1] as number) - start
  }
}

function fillDecimals(target: BatchColumn, array: ArrowArray, from: number, count: number): void {
  const text = Buffer.allocUnsafe(count * DECIMAL_TEXT_BYTES)
  let at = 0
  for (let row = 0; row < count; row += 1) {
    const length = target.present[row] === 1 ? text.write(decimalAt(array, from + row), at) : 0
    target.starts[row] = at
    target.lengths[row] = length
    at += length
  }
  target.data = text
}

function fillSeconds(target: BatchColumn, array: ArrowArray, from: number, count: number): void {
  for (let row = 0; row < count; row += 1) {
    if (target.present[row] === 0) continue
    const { seconds, nanos } = secondsAt(array, from + row)
    target.words[2 * row] = Number(BigInt.asIntN(32, seconds))
    target.words[2 * row + 1] = Number(BigInt.asIntN(32, seconds >> 32n))
    target.nanos[row] = nanos
  }
}

function valueAt(array: ArrowArray, index: number): Value {
  if (isNullAt(array, index)) return null
  const { type } = array
  switch (type.kind) {
    case 'array':
      return range(array, index).map((i) => valueAt(array.children[0] as ArrowArray, i))
    case 'vector':
      return Array.from({ length: type.length }, (_, i) =>
        valueAt(array.children[0] as ArrowArray, index * type.length + i),
      )
    case 'struct':
      return array.children.map((child) => valueAt(child, index))
    case 'map': {
      const [keys, values] = array.children as [ArrowArray, ArrowArray]
      const entries = range(array, index).map(
        (i) => [valueAt(keys, i), valueAt(values, i)] as const,
      )
      return { entries }
    }
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return secondsAt(array, index)
    case 'decimal':
      return Buffer.from(decimalAt(array, index), 'latin1')
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
    case 'binary':
      return array.data.subarray(array.offsets[index], array.offsets[index + 1])
    default:
      return scalarAt(array, type, index)
  }
}

function scalarAt(array: ArrowArray, type: OdpsType, index: number): Value {
  const view = new DataView(array.data.buffer, array.data.byteOffset, array.data.byteLength)
  switch (type.kind) {
    case 'float':
      return view.getFloat32(4 * index, true)
    case 'double':
      return view.getFloat64(8 * index, true)
    case 'boolean':
      return narrowReader(array)(index) === 1
    case 'bigint':
    case 'datetime': {
      const value = view.getBigInt64(8 * index, true)
      const low = Number(BigInt.asIntN(32, value))
      return inRange(type, value, low, Number(value >> 32n))
    }
    default: {
      const word = narrowReader(array)(index)
      return inRange(type, BigInt(word), word, word >> 31)
    }
  }
}

function inRange(type: OdpsType, value: bigint, low: number, high: number): bigint {
  const problem = checkWordRange(type.kind, low, high)
  if (problem === null) return value
  throw new BlockError('MalformedDataStream', `Arrow block: ${problem}`)
}

function range(array: ArrowArray, index: number): number[] {
  const start = array.offsets[index] as number
  return Array.from({ length: (array.offsets[index + 1] as number) - start }, (_, i) => start + i)
}

function secondsAt(array: ArrowArray, index: number): { seconds: bigint; nanos: number } {
  const [seconds, nanos] = array.children
  if (seconds !== undefined && nanos !== undefined) {
    const view = new DataView(seconds.data.buffer, seconds.data.byteOffset)
    return { seconds: view.getBigInt64(8 * index, true), nanos: narrowReader(nanos)(index) }
  }
  const words = new Int32Array(array.data.buffer, array.data.byteOffset + 8 * index, 2)
  const total = wordsToBigInt(words[0] as number, words[1] as number)
  const remainder = total % NANOS_PER_SECOND
  const floor = remainder < 0n ? remainder + NANOS_PER_SECOND : remainder
  return { seconds: (total - floor) / NANOS_PER_SECOND, nanos: Number(floor) }
}

/** A decimal128 as text with its scale: what the record format carries. */
function decimalAt(array: ArrowArray, index: number): string {
  const view = new DataView(array.data.buffer, array.data.byteOffset + 16 * index, 16)
  const value = (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true)
  const scale = array.type.kind === 'decimal' ? array.type.scale : 0
  if (scale === 0) return String(value)
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
