import type { OdpsType } from '../type/odps-type.ts'
import { BlockError } from '../wire/block-error.ts'
import type { StreamColumn } from '../wire/record-tags.ts'
import type { BatchColumn, RowBatch } from '../wire/row-batch.ts'
import { isMapEntries, isSecondsNanos } from '../wire/value.ts'
import type { Value } from '../wire/value.ts'
import { wordsToBigInt } from '../wire/word-range.ts'
import { parseDecimal } from './decimal.ts'

const NANOS_PER_SECOND = 1_000_000_000n
const INT64_MAX = 2n ** 63n - 1n

/**
 * Refuses values that could not be stored, while the block is received: completing a session must not fail
 * because of a value. `firstRecord` (from 1) is the number of the batch's first row in its block.
 */
export function checkBatch(
  batch: RowBatch,
  columns: readonly StreamColumn[],
  firstRecord: number,
): void {
  for (const [i, column] of batch.columns.entries()) {
    const check = columnCheck(column)
    if (check === null) continue
    for (let row = 0; row < batch.rowCount; row += 1) {
      const problem = column.present[row] === 1 ? check(row) : null
      if (problem === null) continue
      const where = `record ${firstRecord + row}, column ${columns[i]?.name ?? i}`
      throw new BlockError('InvalidArgument', `${where}: ${problem}`)
    }
  }
}

function columnCheck(column: BatchColumn): ((row: number) => string | null) | null {
  const { type } = column
  switch (column.layout) {
    case 'words':
      return null
    case 'bytes': {
      if (type.kind === 'string' || type.kind === 'binary') return null
      return (row) => checkBytes(type, bytesAt(column, row))
    }
    case 'seconds':
      if (type.kind === 'interval_day_time') return null
      return (row) => {
        const seconds = wordsToBigInt(
          column.words[2 * row] as number,
          column.words[2 * row + 1] as number,
        )
        return checkTimestamp(seconds, column.nanos[row] as number)
      }
    case 'nested':
      return (row) => checkNested(type, column.nested[row] ?? null)
  }
}

export function bytesAt(column: BatchColumn, row: number): Uint8Array {
  const start = column.starts[row] as number
  return column.data.subarray(start, start + (column.lengths[row] as number))
}

function checkBytes(type: OdpsType, bytes: Uint8Array): string | null {
  switch (type.kind) {
    case 'decimal': {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
      const parsed = parseDecimal(text, type.precision, type.scale)
      return typeof parsed === 'string' ? parsed : null
    }
    case 'varchar':
    case 'char': {
      const length = characters(bytes)
      if (length <= type.length) return null
      return `${length} characters do not fit ${type.kind.toUpperCase()}(${type.length})`
    }
    case 'json':
      try {
        JSON.parse(Buffer.from(bytes).toString('utf8'))
        return null
      } catch (error) {
        return `not JSON: ${error instanceof Error ? error.message : String(error)}`
      }
    default:
      return null
  }
}

/** Code points; a byte that is no UTF-8 counts like the lead byte it looks like. */
function characters(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count += 1
  return count
}

/** TIMESTAMP_NS holds 64 bits of nanoseconds: 1677-09-21 .. 2262-04-11. */
function checkTimestamp(seconds: bigint, nanos: number): string | null {
  const total = seconds * NANOS_PER_SECOND + BigInt(nanos)
  if (total <= INT64_MAX && total >= -INT64_MAX) return null
  return `a TIMESTAMP of ${seconds} s is outside the years 1678..2261, which are what this endpoint can store`
}

function checkNested(type: OdpsType, value: Value): string | null {
  if (value === null) return null
  switch (type.kind) {
    case 'array':
    case 'vector':
      return firstProblem(value as readonly Value[], (v) => checkNested(type.element, v))
    case 'struct':
      return firstProblem(value as readonly Value[], (v, i) => {
        const field = type.fields[i]
        return field === undefined ? 'a struct has too many fields' : checkNested(field.type, v)
      })
    case 'map':
      return isMapEntries(value) ? checkMap(type.key, type.value, value.entries) : 'not a map'
    case 'timestamp':
    case 'timestamp_ntz':
      return isSecondsNanos(value) ? checkTimestamp(value.seconds, value.nanos) : 'not a timestamp'
    default:
      return value instanceof Uint8Array ? checkBytes(type, value) : null
  }
}

function checkMap(
  keyType: OdpsType,
  valueType: OdpsType,
  entries: readonly (readonly [Value, Value])[],
): string | null {
  const seen = new Set<string>()
  for (const [key, value] of entries) {
    if (key === null) return 'a map key is NULL'
    const text = keyText(key)
    if (seen.has(text)) return 'a map key stands twice'
    seen.add(text)
    const problem = checkNested(keyType, key) ?? checkNested(valueType, value)
    if (problem !== null) return problem
  }
  return null
}

function keyText(key: Value): string {
  if (key instanceof Uint8Array) return Buffer.from(key).toString('latin1')
  return JSON.stringify(key, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part))
}

function firstProblem(
  values: readonly Value[],
  check: (value: Value, index: number) => string | null,
): string | null {
  for (const [i, value] of values.entries()) {
    const problem = check(value, i)
    if (problem !== null) return problem
  }
  return null
}
