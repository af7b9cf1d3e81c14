/**
 * The record format into rows (grammar: `wire.ts`), from a stream that arrives in any cuts.
 *
 * D1. Rows are given out only after their checksum has been compared.
 * D2. A stream without its whole footer is an error at `end`, however many good rows it held.
 */

import type { TableColumn } from '../schema.ts'
import { CRC_INITIAL, crcBytes, crcInt32 } from './crc32c.ts'
import { corrupt, NEED_MORE, RecordReader } from './record-reader.ts'
import type { Row, RowValue } from './row-value.ts'
import {
  END_RECORD,
  META_CHECKSUM,
  META_COUNT,
  METRICS_END,
  TEXT_FIELD,
  WIRE_LENGTH,
  WIRE_VARINT,
  wireTypeOf,
} from './wire.ts'

/** The service's bound on a record, with room for a chunk. */
const PENDING_BYTES_MAX = 256 * 1024 * 1024

const COUNT_TAG = META_COUNT * 8
const CHECKSUM_TAG = META_CHECKSUM * 8
const END_TAG = END_RECORD * 8
const METRICS_END_TAG = METRICS_END * 8
const METRICS_TAG = TEXT_FIELD * 8 + WIRE_LENGTH

export class RecordDecoder {
  readonly #columns: readonly TableColumn[]
  readonly #tags: readonly number[]
  #pending: Buffer = Buffer.alloc(0)
  #later: Uint8Array[] = []
  #laterBytes = 0
  /** Bytes that make another try worth while; doubled, so that a huge record is not read once per chunk. */
  #wantedBytes = 1
  #totalCrc = CRC_INITIAL
  #phase: 'records' | 'checksum' | 'done' = 'records'
  #rowCount = 0
  #checksum = 0

  constructor(columns: readonly TableColumn[]) {
    this.#columns = columns
    this.#tags = columns.map((column, i) => (i + 1) * 8 + wireTypeOf(column.type))
  }

  get rowCount(): number {
    return this.#rowCount
  }

  /** META_CHECKSUM, once the footer has been read. */
  get checksum(): number {
    return this.#checksum
  }

  push(bytes: Uint8Array): Row[] {
    this.#later.push(bytes)
    this.#laterBytes += bytes.length
    if (this.#pending.length + this.#laterBytes < this.#wantedBytes) return []
    return this.#decode(false)
  }

  /** The stream is over. Throws CorruptedResponse unless the footer was there and nothing followed it. */
  end(): Row[] {
    const rows = this.#decode(true)
    if (this.#phase !== 'done') throw corrupt('it ends before its footer')
    return rows
  }

  #decode(atEnd: boolean): Row[] {
    this.#pending = Buffer.concat([this.#pending, ...this.#later])
    this.#later = []
    this.#laterBytes = 0
    const rows: Row[] = []
    const reader = new RecordReader(this.#pending, 0)
    let start = 0
    try {
      while (reader.remaining > 0) {
        this.#step(reader, rows)
        start = reader.at
      }
      this.#wantedBytes = 1
    } catch (error) {
      if (error !== NEED_MORE) throw error
      if (atEnd) throw corrupt('it ends inside a record or its footer')
      this.#wantedBytes = 2 * (this.#pending.length - start)
      if (this.#wantedBytes > PENDING_BYTES_MAX) throw corrupt('a record without end')
    }
    this.#pending = this.#pending.subarray(start)
    return rows
  }

  /** One record, or one part of the footer. */
  #step(reader: RecordReader, rows: Row[]): void {
    if (this.#phase === 'done') throw corrupt('bytes after its end')
    if (this.#phase === 'checksum') return this.#footerChecksum(reader)
    const row: RowValue[] = Array.from(this.#columns, () => null)
    const seen = new Uint8Array(this.#columns.length)
    reader.crc = CRC_INITIAL
    for (let first = true; ; first = false) {
      const tag = reader.uint32()
      if (tag === END_TAG) break
      if (tag === COUNT_TAG && first) return this.#footerCount(reader)
      this.#field(reader, tag, row, seen)
    }
    const crc = ~reader.crc >>> 0
    if (reader.uint32() !== crc) throw corrupt(`the checksum of record ${this.#rowCount} differs`)
    this.#totalCrc = crcInt32(this.#totalCrc, crc)
    this.#rowCount++
    rows.push(row)
  }

  #field(reader: RecordReader, tag: number, row: RowValue[], seen: Uint8Array): void {
    const index = Math.floor(tag / 8)
    const column = this.#columns[index - 1]
    if (column === undefined) {
      throw corrupt(`field ${index} in record ${this.#rowCount} of ${this.#columns.length} columns`)
    }
    if (this.#tags[index - 1] !== tag) {
      throw corrupt(`column ${column.name} with a wire type that is not its own`)
    }
    if (seen[index - 1] !== 0) throw corrupt(`column ${column.name} twice in one record`)
    seen[index - 1] = 1
    reader.crc = crcInt32(reader.crc, index)
    row[index - 1] = reader.value(column.type)
  }

  #footerCount(reader: RecordReader): void {
    const count = reader.zigzag64()
    if (count !== BigInt(this.#rowCount)) {
      throw corrupt(`it claims ${count} records and holds ${this.#rowCount}`)
    }
    this.#phase = 'checksum'
  }

  #footerChecksum(reader: RecordReader): void {
    let tag = reader.uint32()
    if (tag === METRICS_TAG) {
      skipMetrics(reader)
      tag = reader.uint32()
    }
    if (tag !== CHECKSUM_TAG + WIRE_VARINT) throw corrupt('its footer has no checksum')
    const checksum = reader.uint32()
    if (checksum !== ~this.#totalCrc >>> 0) throw corrupt('the total checksum differs')
    this.#checksum = checksum
    this.#phase = 'done'
  }
}

/** Measurements of the server, of no interest here; but damage is damage. */
function skipMetrics(reader: RecordReader): void {
  const text = reader.bytes(reader.uint32())
  if (reader.uint32() !== METRICS_END_TAG) throw corrupt('its metrics have no end')
  const crc = ~crcBytes(crcInt32(CRC_INITIAL, TEXT_FIELD), text) >>> 0
  if (reader.uint32() !== crc) throw corrupt('the checksum of its metrics differs')
}
