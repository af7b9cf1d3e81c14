import type { OdpsType } from '../type/odps-type.ts'
import { CRC_START, crcByte, crcBytes, crcFinish, crcWord } from './crc32c.ts'
import {
  TAG_END_RECORD,
  TAG_META_CHECKSUM,
  TAG_META_COUNT,
  WIRE_BYTES,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_VARINT,
} from './record-tags.ts'
import { isMapEntries, isSecondsNanos } from './value.ts'
import type { Value } from './value.ts'

const INITIAL_BYTES = 64 * 1024
const VARINT_BYTES_MAX = 10

/** Writes a record stream (grammar: record-tags.ts). Checksums are always in the short varint form. */
export class RecordWriter {
  recordCount = 0
  private readonly types: readonly OdpsType[]
  private data = Buffer.allocUnsafe(INITIAL_BYTES)
  private at = 0
  private crc = CRC_START
  private crcTotal = CRC_START

  constructor(types: readonly OdpsType[]) {
    this.types = types
  }

  /** Bytes written and not yet taken. */
  get pendingBytes(): number {
    return this.at
  }

  /** One value a column, in the order of the types. */
  record(values: readonly Value[]): void {
    this.crc = CRC_START
    for (const [i, type] of this.types.entries()) {
      const value = values[i] ?? null
      if (value === null) continue
      this.varint((i + 1) * 8 + wireTypeOf(type))
      this.crc = crcWord(this.crc, i + 1)
      this.value(type, value)
    }
    const crc = crcFinish(this.crc)
    this.varint(TAG_END_RECORD)
    this.varint(crc)
    this.crcTotal = crcWord(this.crcTotal, crc | 0)
    this.recordCount += 1
  }

  footer(): void {
    this.varint(TAG_META_COUNT)
    this.zigzag(BigInt(this.recordCount))
    this.varint(TAG_META_CHECKSUM)
    this.varint(crcFinish(this.crcTotal))
  }

  /** Hands over what was written; the writer goes on in a new buffer. */
  take(): Buffer {
    const taken = this.data.subarray(0, this.at)
    this.data = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, this.at))
    this.at = 0
    return taken
  }

  private value(type: OdpsType, value: Value): void {
    if (value instanceof Uint8Array) this.bytes(value)
    else if (typeof value === 'bigint') this.integer(value)
    else if (typeof value === 'boolean') this.boolean(value)
    else if (typeof value === 'number') this.floating(type, value)
    else if (isSecondsNanos(value)) this.secondsNanos(value.seconds, value.nanos)
    else if (isMapEntries(value) && type.kind === 'map') {
      this.varint(value.entries.length)
      for (const [key] of value.entries) this.flagged(type.key, key)
      this.varint(value.entries.length)
      for (const [, item] of value.entries) this.flagged(type.value, item)
    } else this.list(type, value as readonly Value[])
  }

  private list(type: OdpsType, values: readonly Value[]): void {
    switch (type.kind) {
      case 'struct':
        for (const [i, field] of type.fields.entries()) this.flagged(field.type, values[i] ?? null)
        return
      case 'vector':
        this.varint(values.length)
        for (const value of values) this.value(type.element, value)
        return
      case 'array':
        this.varint(values.length)
        for (const value of values) this.flagged(type.element, value)
        return
      default:
        throw new TypeError(`a list stands in a column of type ${type.kind}`)
    }
  }

  private flagged(type: OdpsType, value: Value): void {
    this.reserve(1)
    this.data[this.at] = value === null ? 1 : 0
    this.at += 1
    if (value !== null) this.value(type, value)
  }

  private bytes(value: Uint8Array): void {
    this.varint(value.byteLength)
    this.reserve(value.byteLength)
    this.data.set(value, this.at)
    this.crc = crcBytes(this.crc, value, 0, value.byteLength)
    this.at += value.byteLength
  }

  private integer(value: bigint): void {
    this.zigzag(value)
    this.crcInt64(value)
  }

  private boolean(value: boolean): void {
    this.varint(value ? 1 : 0)
    this.crc = crcByte(this.crc, value ? 1 : 0)
  }

  private floating(type: OdpsType, value: number): void {
    this.reserve(8)
    const start = this.at
    this.at =
      type.kind === 'float'
        ? this.data.writeFloatLE(value, start)
        : this.data.writeDoubleLE(value, start)
    this.crc = crcBytes(this.crc, this.data, start, this.at)
  }

  private secondsNanos(seconds: bigint, nanos: number): void {
    this.integer(seconds)
    this.varint(((nanos << 1) ^ (nanos >> 31)) >>> 0)
    this.crc = crcWord(this.crc, nanos)
  }

  private crcInt64(value: bigint): void {
    const low = Number(BigInt.asIntN(32, value))
    const high = Number(BigInt.asIntN(32, value >> 32n))
    this.crc = crcWord(crcWord(this.crc, low), high)
  }

  private zigzag(value: bigint): void {
    if (value >= -0x3fff_ffffn && value <= 0x3fff_ffffn) {
      const small = Number(value)
      this.varint(((small << 1) ^ (small >> 31)) >>> 0)
      return
    }
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    this.reserve(VARINT_BYTES_MAX)
    while (rest > 0x7fn) {
      this.data[this.at] = Number(rest & 0x7fn) | 0x80
      this.at += 1
      rest >>= 7n
    }
    this.data[this.at] = Number(rest)
    this.at += 1
  }

  /** Up to 32 bits. */
  private varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX)
    let rest = value
    while (rest > 0x7f) {
      this.data[this.at] = (rest & 0x7f) | 0x80
      this.at += 1
      rest >>>= 7
    }
    this.data[this.at] = rest
    this.at += 1
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.data.byteLength) return
    const larger = Buffer.allocUnsafe(2 * (this.at + bytes))
    this.data.copy(larger, 0, 0, this.at)
    this.data = larger
  }
}

function wireTypeOf(type: OdpsType): number {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'boolean':
    case 'date':
    case 'datetime':
    case 'interval_year_month':
      return WIRE_VARINT
    case 'float':
      return WIRE_FIXED32
    case 'double':
      return WIRE_FIXED64
    default:
      return WIRE_BYTES
  }
}
