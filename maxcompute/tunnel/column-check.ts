/** Whole-column checks that both encoders make before they encode: what would otherwise be cut off silently. */

import type { Column, Float64Column, Int64Column } from '../../lib/column-batch.ts'
import { MaxComputeError } from '../errors.ts'
import type { TableColumn } from '../schema.ts'
import { formatType, type MaxComputeType } from '../types.ts'
import { invalidValue } from './wire.ts'

/** The kind of column that a type is given as. */
export function columnKindOf(type: MaxComputeType): Column['kind'] {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'DATE':
    case 'DATETIME':
      return 'int64'
    case 'FLOAT':
    case 'DOUBLE':
      return 'float64'
    case 'BOOLEAN':
      return 'bool'
    case 'TIMESTAMP':
    case 'TIMESTAMP_NTZ':
      return 'timestamp'
    case 'STRING':
    case 'VARCHAR':
    case 'CHAR':
    case 'BINARY':
    case 'JSON':
    case 'DECIMAL':
    case 'GEOGRAPHY':
      return 'bytes'
    default:
      return 'nested'
  }
}

/** Throws when the batch's columns are not those of the schema. */
export function checkColumn(column: Column, declared: TableColumn, rowCount: number): void {
  const expected = columnKindOf(declared.type)
  if (column.kind !== expected) {
    throw new MaxComputeError(
      'InvalidValue',
      `Column ${declared.name} (${formatType(declared.type)}) needs a batch column of kind "${expected}", not "${column.kind}".`,
    )
  }
  if (rowsOf(column) < rowCount) {
    throw new MaxComputeError(
      'InvalidValue',
      `Column ${declared.name} has ${rowsOf(column)} values in a batch of ${rowCount} rows.`,
    )
  }
  if (column.kind === 'int64') checkInts(column, declared, rowCount)
  if (column.kind === 'float64' && declared.type.kind === 'FLOAT') {
    checkFloats(column, declared, rowCount)
  }
}

function rowsOf(column: Column): number {
  switch (column.kind) {
    case 'bytes':
      return Math.min(column.starts.length, column.lengths.length)
    case 'timestamp':
      return Math.min(column.seconds.length, column.nanos.length)
    default:
      return column.values.length
  }
}

/** The bits that a type keeps, of 64. DATE is a date32 in Arrow. */
function bitsOf(type: MaxComputeType): 8 | 16 | 32 | 64 {
  switch (type.kind) {
    case 'TINYINT':
      return 8
    case 'SMALLINT':
      return 16
    case 'INT':
    case 'DATE':
      return 32
    default:
      return 64
  }
}

function checkInts(column: Int64Column, declared: TableColumn, rowCount: number): void {
  const bits = bitsOf(declared.type)
  if (bits === 64) return
  const words = wordsOf(column.values)
  const shift = 32 - bits
  for (let row = 0; row < rowCount; row++) {
    const low = words[2 * row]!
    if (words[2 * row + 1] === low >> 31 && (low << shift) >> shift === low) continue
    if (column.nulls !== null && column.nulls[row] !== 0) continue
    throw invalidValue(declared.name, declared.type, row, 'the number is out of range')
  }
}

function checkFloats(column: Float64Column, declared: TableColumn, rowCount: number): void {
  for (let row = 0; row < rowCount; row++) {
    const value = column.values[row]!
    if (Number.isFinite(Math.fround(value)) || !Number.isFinite(value)) continue
    if (column.nulls !== null && column.nulls[row] !== 0) continue
    throw invalidValue(declared.name, declared.type, row, 'the number is out of range')
  }
}

/** 64-bit values as pairs of Int32: low, high. Needs no copy. */
export function wordsOf(values: BigInt64Array | Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}
