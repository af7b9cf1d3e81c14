/**
 * Batches of columns into the record format (grammar: `wire.ts`), row by row, without an object or a BigInt per row.
 */

import type { Column, ColumnBatch } from '../../lib/column-batch.ts'
import { MaxComputeError } from '../errors.ts'
import type { TableColumn } from '../schema.ts'
import { formatType, type MaxComputeType } from '../types.ts'
import type { BlockEncoder } from './block-encoder.ts'
import { checkColumn, wordsOf } from './column-check.ts'
import { writeNestedValue } from './nested-value.ts'
import { plainBytes, RecordWriter, viewOf } from './record-writer.ts'
import type { SendBuffers } from './send-buffers.ts'
import { invalidValue, wireTypeOf } from './wire.ts'

/** A block in the record format: every type, every deployment. `columns`: the session's data columns, in order. */
export function createRecordEncoder(
  columns: readonly TableColumn[],
  buffers: SendBuffers | null = null,
): BlockEncoder {
  return new RecordEncoder(columns, buffers)
}

const OP_INT64 = 0
const OP_BYTES = 1
const OP_DOUBLE = 2
const OP_FLOAT = 3
const OP_BOOLEAN = 4
const OP_TIMESTAMP = 5
const OP_NESTED = 6

const NO_BYTES: Uint8Array = new Uint8Array(0)
const NO_VIEW = viewOf(NO_BYTES)
const NO_INTS: Int32Array = new Int32Array(0)
const NO_DOUBLES: Float64Array = new Float64Array(0)

/** One column of the batch at hand. All cursors have one hidden class, so that the row loop stays monomorphic. */
class Cursor {
  readonly columnIndex: number
  readonly tag: number
  readonly name: string
  readonly type: MaxComputeType
  op = OP_INT64
  hasNulls = false
  nulls = NO_BYTES
  words = NO_INTS
  nanos = NO_INTS
  doubles = NO_DOUBLES
  bytes = NO_BYTES
  view = NO_VIEW
  starts = NO_INTS
  lengths = NO_INTS
  values: readonly unknown[] = []

  constructor(column: TableColumn, columnIndex: number) {
    this.columnIndex = columnIndex
    this.tag = (columnIndex << 3) | wireTypeOf(column.type)
    this.name = column.name
    this.type = column.type
  }

  bind(column: Column): void {
    this.hasNulls = 'nulls' in column && column.nulls !== null
    this.nulls = 'nulls' in column && column.nulls !== null ? column.nulls : NO_BYTES
    switch (column.kind) {
      case 'int64':
        this.op = OP_INT64
        this.words = wordsOf(column.values)
        return
      case 'bytes':
        this.op = OP_BYTES
        this.bytes = plainBytes(column.data)
        this.view = viewOf(column.data)
        this.starts = column.starts
        this.lengths = column.lengths
        return
      case 'float64':
        this.op = this.type.kind === 'FLOAT' ? OP_FLOAT : OP_DOUBLE
        this.words = wordsOf(column.values)
        this.doubles = column.values
        return
      case 'bool':
        this.op = OP_BOOLEAN
        this.bytes = column.values
        return
      case 'timestamp':
        this.op = OP_TIMESTAMP
        this.words = wordsOf(column.seconds)
        this.nanos = column.nanos
        return
      case 'nested':
        this.op = OP_NESTED
        this.values = column.values
    }
  }
}

class RecordEncoder implements BlockEncoder {
  readonly encoding = 'record'
  readonly #columns: readonly TableColumn[]
  readonly #cursors: readonly Cursor[]
  readonly #writer: RecordWriter
  #rowCount = 0
  #finished = false

  constructor(columns: readonly TableColumn[], buffers: SendBuffers | null) {
    this.#columns = columns
    this.#writer = new RecordWriter(buffers)
    this.#cursors = columns.map((column, i) => new Cursor(column, i + 1))
  }

  get rowCount(): number {
    return this.#rowCount
  }

  get byteCount(): number {
    return this.#writer.byteCount
  }

  write(batch: ColumnBatch): Uint8Array[] {
    if (this.#finished) throw new TypeError('write after finish')
    writeRows(this.#writer, this.#bind(batch), batch.rowCount)
    this.#rowCount += batch.rowCount
    return this.#writer.takeFinished()
  }

  finish(): Uint8Array[] {
    if (this.#finished) throw new TypeError('finish was called before')
    this.#finished = true
    this.#writer.footer(this.#rowCount)
    return this.#writer.takeFinished()
  }

  /** The cursors of the columns that have values in this batch. */
  #bind(batch: ColumnBatch): Cursor[] {
    checkColumnCount(batch, this.#columns)
    const bound: Cursor[] = []
    for (const [i, column] of batch.columns.entries()) {
      const cursor = this.#cursors[i]!
      if (column === null) continue
      checkColumn(column, this.#columns[i]!, batch.rowCount)
      cursor.bind(column)
      bound.push(cursor)
    }
    return bound
  }
}

/** Throws when a batch has not exactly one column per column of the schema. */
export function checkColumnCount(batch: ColumnBatch, columns: readonly TableColumn[]): void {
  if (batch.columns.length === columns.length) return
  throw new MaxComputeError(
    'InvalidValue',
    `A batch has ${batch.columns.length} columns and the upload session has ${columns.length}: ` +
      columns.map((c) => `${c.name} ${formatType(c.type)}`).join(', '),
  )
}

function writeRows(writer: RecordWriter, cursors: readonly Cursor[], rowCount: number): void {
  const count = cursors.length
  for (let row = 0; row < rowCount; row++) {
    for (let i = 0; i < count; i++) writeCell(writer, cursors[i]!, row)
    writer.endRecord()
  }
}

function writeCell(writer: RecordWriter, cursor: Cursor, row: number): void {
  if (cursor.hasNulls && cursor.nulls[row] !== 0) return
  switch (cursor.op) {
    case OP_INT64:
      writer.beginField(cursor.columnIndex, cursor.tag)
      return writer.int64(cursor.words[2 * row]!, cursor.words[2 * row + 1]!)
    case OP_BYTES: {
      const length = cursor.lengths[row]!
      if (length < 0) return
      writer.beginField(cursor.columnIndex, cursor.tag)
      return writer.bytes(cursor.bytes, cursor.view, cursor.starts[row]!, length)
    }
    case OP_DOUBLE:
      writer.beginField(cursor.columnIndex, cursor.tag)
      return writer.double(cursor.words[2 * row]!, cursor.words[2 * row + 1]!)
    case OP_FLOAT:
      writer.beginField(cursor.columnIndex, cursor.tag)
      return writer.float(cursor.doubles[row]!)
    case OP_BOOLEAN:
      writer.beginField(cursor.columnIndex, cursor.tag)
      return writer.boolean(cursor.bytes[row] === 0 ? 0 : 1)
    case OP_TIMESTAMP:
      return writeTimestamp(writer, cursor, row)
    default:
      return writeNested(writer, cursor, row)
  }
}

function writeTimestamp(writer: RecordWriter, cursor: Cursor, row: number): void {
  const nanos = cursor.nanos[row]!
  if (nanos < 0 || nanos > 999_999_999) {
    throw invalidValue(cursor.name, cursor.type, row, 'nanoseconds are not 0 to 999,999,999')
  }
  writer.beginField(cursor.columnIndex, cursor.tag)
  writer.secondsAndNanos(cursor.words[2 * row]!, cursor.words[2 * row + 1]!, nanos)
}

function writeNested(writer: RecordWriter, cursor: Cursor, row: number): void {
  const value = cursor.values[row]
  if (value === null || value === undefined) return
  writer.beginField(cursor.columnIndex, cursor.tag)
  writeNestedValue(writer, cursor.type, value, { columnName: cursor.name, row })
}
