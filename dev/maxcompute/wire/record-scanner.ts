import { BlockError } from './block-error.ts'
import type { BlockErrorCode } from './block-error.ts'
import { ByteCursor, NeedMoreBytes } from './byte-cursor.ts'
import { CRC_START, crcByte, crcBytes, crcFinish, crcWord } from './crc32c.ts'
import { NestedReader } from './nested-reader.ts'
import {
  TAG_END_RECORD,
  TAG_META_CHECKSUM,
  TAG_META_COUNT,
  TAG_METRICS_END,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_VARINT,
} from './record-tags.ts'
import type { StreamColumn } from './record-tags.ts'
import { BATCH_ROWS, clearRowBatch, newRowBatch } from './row-batch.ts'
import type { BatchColumn, RowBatch } from './row-batch.ts'
import { checkWordRange } from './word-range.ts'

/** The service's limit on one field. */
export const FIELD_BYTES_MAX = 8 * 1024 * 1024

const NANOS_PER_SECOND = 1_000_000_000

type FieldKind = 'varint' | 'float' | 'double' | 'bytes' | 'seconds' | 'nested'

interface Field {
  readonly name: string
  readonly kind: FieldKind
  readonly wireType: number
  readonly isNullable: boolean
  readonly column: BatchColumn
}

/**
 * Reads a record stream (grammar: record-tags.ts) into batches of columns and checks every rule on the way.
 *
 * R1. A record reaches the receiver only after its checksum was found right.
 * R2. `isFinished` is true only after the footer's count and checksum were found right, with nothing behind it.
 * R3. A record cut by the end of the window leaves no trace: it is read again from its first byte.
 */
export class RecordScanner {
  recordCount = 0
  isFinished = false
  private readonly cursor = new ByteCursor()
  private readonly nested: NestedReader
  private readonly fields: readonly Field[]
  private readonly batch: RowBatch
  private readonly receive: (batch: RowBatch) => void
  private readonly allowsMetrics: boolean
  private crcTotal = CRC_START
  private fieldName = ''

  constructor(
    columns: readonly StreamColumn[],
    receive: (batch: RowBatch) => void,
    options: { allowsMetrics?: boolean } = {},
  ) {
    this.batch = newRowBatch(columns.map((c) => c.type))
    this.fields = columns.map((c, i) => toField(c, this.batch.columns[i] as BatchColumn))
    this.receive = receive
    this.allowsMetrics = options.allowsMetrics ?? false
    this.nested = new NestedReader(this.cursor, (code, message) => this.error(code, message))
  }

  /**
   * Reads as many whole records as `data[start..end)` holds and returns the position of the first byte
   * that it did not take. Throws BlockError.
   */
  scan(data: Uint8Array, start: number, end: number): number {
    if (this.isFinished && start < end) throw this.trailing(end - start)
    this.cursor.reset(data, start, end)
    for (const field of this.fields) field.column.data = data
    let taken = start
    try {
      while (!this.isFinished) {
        this.record()
        taken = this.cursor.at
      }
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error
      this.forgetRow()
    }
    this.flush()
    if (this.isFinished && taken < end) throw this.trailing(end - taken)
    return taken
  }

  private record(): void {
    const { cursor, fields } = this
    let crc = CRC_START
    for (;;) {
      this.fieldName = ''
      const tag = cursor.tag()
      if (tag === TAG_END_RECORD) {
        this.endRecord(crcFinish(crc))
        return
      }
      const index = tag >>> 3
      const field = fields[index - 1]
      if (field === undefined) {
        if (tag !== TAG_META_COUNT || crc !== CRC_START || this.rowStarted()) throw this.badTag(tag)
        this.footer()
        return
      }
      this.fieldName = field.name
      if ((tag & 7) !== field.wireType) throw this.badTag(tag)
      const row = this.batch.rowCount
      if (field.column.present[row] === 1) {
        throw this.error('MalformedDataStream', 'the field stands twice in one record')
      }
      field.column.present[row] = 1
      crc = this.value(field, row, crcWord(crc, index))
    }
  }

  private value(field: Field, row: number, crc: number): number {
    const { cursor } = this
    const { column } = field
    switch (field.kind) {
      case 'varint':
        return this.varint(column, row, crc)
      case 'bytes': {
        const length = this.length()
        const start = cursor.take(length)
        column.starts[row] = start
        column.lengths[row] = length
        return crcBytes(crc, cursor.data, start, start + length)
      }
      case 'double': {
        const at = cursor.take(8)
        const low = cursor.wordAt(at)
        const high = cursor.wordAt(at + 4)
        column.words[2 * row] = low
        column.words[2 * row + 1] = high
        return crcWord(crcWord(crc, low), high)
      }
      case 'float': {
        const word = cursor.wordAt(cursor.take(4))
        column.words[2 * row] = word
        return crcWord(crc, word)
      }
      case 'seconds':
        return this.secondsNanos(column, row, crc)
      case 'nested':
        this.nested.crc = crc
        column.nested[row] = this.nested.value(column.type)
        return this.nested.crc
    }
  }

  private varint(column: BatchColumn, row: number, crc: number): number {
    const { cursor } = this
    if (column.type.kind === 'boolean') {
      cursor.varint()
      if (cursor.high !== 0 || cursor.low >>> 1 !== 0) {
        throw this.error('MalformedDataStream', 'a BOOLEAN is neither 0 nor 1')
      }
      column.words[2 * row] = cursor.low
      column.words[2 * row + 1] = 0
      return crcByte(crc, cursor.low)
    }
    cursor.zigzag()
    const { low, high } = cursor
    const problem = checkWordRange(column.type.kind, low, high)
    if (problem !== null) throw this.error('MalformedDataStream', problem)
    column.words[2 * row] = low
    column.words[2 * row + 1] = high
    return crcWord(crcWord(crc, low), high)
  }

  private secondsNanos(column: BatchColumn, row: number, crc: number): number {
    const { cursor } = this
    cursor.zigzag()
    let seconds = cursor.low
    let high = cursor.high
    let state = crcWord(crcWord(crc, seconds), high)
    cursor.zigzag()
    let nanos = cursor.low
    state = crcWord(state, nanos)
    if (cursor.high !== nanos >> 31 || nanos <= -NANOS_PER_SECOND || nanos >= NANOS_PER_SECOND) {
      throw this.error('MalformedDataStream', 'nanoseconds are outside 0..999999999')
    }
    if (nanos < 0) {
      // PyODPS truncates fractions before 1970 toward zero instead of rounding down.
      nanos += NANOS_PER_SECOND
      if (seconds === 0) high -= 1
      seconds = (seconds - 1) | 0
    }
    column.words[2 * row] = seconds
    column.words[2 * row + 1] = high
    column.nanos[row] = nanos
    return state
  }

  private endRecord(crc: number): void {
    const sent = this.cursor.checksum()
    if (sent !== crc) throw this.error('CorruptedDataStream', checksumText('record', sent, crc))
    const row = this.batch.rowCount
    for (const field of this.fields) {
      if (!field.isNullable && field.column.present[row] === 0) {
        this.fieldName = field.name
        throw this.error(
          'MalformedDataStream',
          'the column is NOT NULL and the record has no value',
        )
      }
    }
    this.crcTotal = crcWord(this.crcTotal, crc | 0)
    this.recordCount += 1
    this.batch.rowCount = row + 1
    if (this.batch.rowCount === BATCH_ROWS) this.flush()
  }

  private footer(): void {
    const { cursor } = this
    cursor.zigzag()
    const count = cursor.high * 2 ** 32 + (cursor.low >>> 0)
    let tag = cursor.tag()
    if (this.allowsMetrics && tag === ((1 << 3) | WIRE_BYTES)) tag = this.metrics()
    if (tag !== TAG_META_CHECKSUM) throw this.badTag(tag)
    const sent = cursor.checksum()
    if (count !== this.recordCount) {
      const message = `the footer counts ${count} records, the stream holds ${this.recordCount}`
      throw this.error('MalformedDataStream', message)
    }
    const total = crcFinish(this.crcTotal)
    if (sent !== total) throw this.error('CorruptedDataStream', checksumText('block', sent, total))
    this.isFinished = true
  }

  private metrics(): number {
    const { cursor } = this
    const length = this.length()
    const start = cursor.take(length)
    const crc = crcFinish(crcBytes(crcWord(CRC_START, 1), cursor.data, start, start + length))
    const tag = cursor.tag()
    if (tag !== TAG_METRICS_END) throw this.badTag(tag)
    const sent = cursor.checksum()
    if (sent !== crc) throw this.error('CorruptedDataStream', checksumText('metrics', sent, crc))
    return cursor.tag()
  }

  private length(): number {
    const { cursor } = this
    cursor.varint()
    if (cursor.high !== 0 || cursor.low >>> 0 > FIELD_BYTES_MAX) {
      const bytes = (cursor.high >>> 0) * 2 ** 32 + (cursor.low >>> 0)
      throw this.error(
        'InvalidArgument',
        `the field has ${bytes} bytes, the limit is ${FIELD_BYTES_MAX}`,
      )
    }
    return cursor.low
  }

  private flush(): void {
    if (this.batch.rowCount > 0) this.receive(this.batch)
    clearRowBatch(this.batch)
  }

  private forgetRow(): void {
    const row = this.batch.rowCount
    for (const { column } of this.fields) {
      column.present[row] = 0
      if (column.layout === 'nested') column.nested.length = Math.min(column.nested.length, row)
    }
  }

  private rowStarted(): boolean {
    const row = this.batch.rowCount
    return this.fields.some((f) => f.column.present[row] === 1)
  }

  private badTag(tag: number): BlockError {
    const message = `unexpected field ${tag >>> 3} with wire type ${tag & 7}`
    return this.error('MalformedDataStream', message)
  }

  private trailing(bytes: number): BlockError {
    return this.error('MalformedDataStream', `${bytes} bytes stand after the footer`)
  }

  private error(code: BlockErrorCode, message: string): BlockError {
    const column = this.fieldName === '' ? '' : `, column ${this.fieldName}`
    return new BlockError(code, `record ${this.recordCount + 1}${column}: ${message}`)
  }
}

function toField(column: StreamColumn, batchColumn: BatchColumn): Field {
  const kind = fieldKind(batchColumn)
  return {
    name: column.name,
    kind,
    wireType: WIRE_TYPES[kind],
    isNullable: column.isNullable,
    column: batchColumn,
  }
}

const WIRE_TYPES: Record<FieldKind, number> = {
  varint: WIRE_VARINT,
  float: WIRE_FIXED32,
  double: WIRE_FIXED64,
  bytes: WIRE_BYTES,
  seconds: WIRE_BYTES,
  nested: WIRE_BYTES,
}

function fieldKind(column: BatchColumn): FieldKind {
  if (column.layout !== 'words') return column.layout
  const { kind } = column.type
  return kind === 'float' || kind === 'double' ? kind : 'varint'
}

function checksumText(what: string, sent: number, computed: number): string {
  return `the ${what} checksum is ${sent}, the bytes give ${computed}`
}
