/**
 * Values of the record format out of a buffer, hashed while they are read (the rules: `wire.ts`).
 * Running out of bytes throws `NEED_MORE`: the record is then read again from its start when more has arrived.
 */

import { MaxComputeError } from '../errors.ts'
import type { MaxComputeType } from '../types.ts'
import { CRC_INITIAL, crc32c, crcByte, crcInt32, crcInt64 } from './crc32c.ts'
import type { RowValue, SecondsAndNanos } from './row-value.ts'

/** Thrown, and caught by the decoder only: not an error, so it is made once and carries no stack. */
export const NEED_MORE = new Error('more bytes are needed')

/** A varint of 64 bits. */
const VARINT_BYTES_MAX = 10

export class RecordReader {
  readonly #buffer: Buffer
  at: number
  /** Register of the record at hand. */
  crc = CRC_INITIAL

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer
    this.at = at
  }

  get remaining(): number {
    return this.#buffer.length - this.at
  }

  /** The low 32 bits of a varint of up to 64: some clients extend the sign of checksums to 10 bytes. */
  uint32(): number {
    let value = 0
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte()
      if (i < 5) value |= (byte & 127) << (7 * i)
      if (byte < 128) return value >>> 0
    }
    throw corrupt('a number of more than ten bytes')
  }

  zigzag64(): bigint {
    let value = 0n
    for (let i = 0n; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte()
      value |= BigInt(byte & 127) << (7n * i)
      if (byte < 128) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw corrupt('a number of more than ten bytes')
  }

  bytes(length: number): Buffer {
    if (this.remaining < length) throw NEED_MORE
    const value = this.#buffer.subarray(this.at, this.at + length)
    this.at += length
    return value
  }

  /** A value that is not NULL, without tag or flag. */
  value(type: MaxComputeType): RowValue {
    switch (type.kind) {
      case 'BIGINT':
        return this.#int64()
      case 'TINYINT':
      case 'SMALLINT':
      case 'INT':
      case 'DATE':
      case 'INTERVAL_YEAR_MONTH':
        return Number(this.#int64())
      case 'DATETIME':
        return new Date(Number(this.#int64()))
      case 'BOOLEAN':
        return this.#boolean()
      case 'DOUBLE':
        return this.#double()
      case 'FLOAT':
        return this.#float()
      case 'TIMESTAMP':
      case 'TIMESTAMP_NTZ':
      case 'INTERVAL_DAY_TIME':
        return this.#secondsAndNanos()
      case 'DECIMAL':
        return this.#lengthAndBytes().toString('latin1')
      case 'ARRAY':
        return this.#elements(type.element)
      case 'MAP':
        return this.#map(type.key, type.value)
      case 'STRUCT':
        return Object.fromEntries(type.fields.map((f) => [f.name, this.#flagged(f.type)]))
      case 'VECTOR':
        return this.#vector(type.element)
      default:
        // A copy: the row outlives the stream's buffer.
        return Buffer.from(this.#lengthAndBytes())
    }
  }

  #byte(): number {
    const byte = this.#buffer[this.at]
    if (byte === undefined) throw NEED_MORE
    this.at++
    return byte
  }

  #int64(): bigint {
    const value = this.zigzag64()
    this.crc = crcInt64(this.crc, Number(BigInt.asIntN(32, value)), Number(value >> 32n))
    return value
  }

  #boolean(): boolean {
    const value = this.#byte()
    if (value > 1) throw corrupt('a boolean that is neither 0 nor 1')
    this.crc = crcByte(this.crc, value)
    return value === 1
  }

  #double(): number {
    const bytes = this.bytes(8)
    this.crc = crcInt64(this.crc, bytes.readInt32LE(0), bytes.readInt32LE(4))
    return bytes.readDoubleLE(0)
  }

  #float(): number {
    const bytes = this.bytes(4)
    this.crc = crcInt32(this.crc, bytes.readInt32LE(0))
    return bytes.readFloatLE(0)
  }

  #secondsAndNanos(): SecondsAndNanos {
    const seconds = this.#int64()
    const zigzag = this.uint32()
    const nanos = (zigzag >>> 1) ^ -(zigzag & 1)
    this.crc = crcInt32(this.crc, nanos)
    // Some clients cut fractions before 1970 towards zero and send negative nanoseconds.
    return nanos < 0 ? { seconds: seconds - 1n, nanos: nanos + 1_000_000_000 } : { seconds, nanos }
  }

  #lengthAndBytes(): Buffer {
    const bytes = this.bytes(this.uint32())
    this.crc = ~crc32c(bytes, ~this.crc >>> 0)
    return bytes
  }

  #elements(type: MaxComputeType): RowValue[] {
    const count = this.#count()
    const elements: RowValue[] = []
    for (let i = 0; i < count; i++) elements.push(this.#flagged(type))
    return elements
  }

  #map(key: MaxComputeType, value: MaxComputeType): RowValue {
    const keys = this.#elements(key)
    const values = this.#elements(value)
    if (keys.length !== values.length) throw corrupt('a map with more keys than values')
    return keys.map((k, i): RowValue => [k, values[i] ?? null])
  }

  #vector(type: MaxComputeType): RowValue[] {
    const count = this.#count()
    const elements: RowValue[] = []
    for (let i = 0; i < count; i++) elements.push(this.value(type))
    return elements
  }

  /** Every element takes a byte at least, so a count beyond the bytes at hand cannot be served yet. */
  #count(): number {
    const count = this.uint32()
    if (count > this.remaining) throw NEED_MORE
    return count
  }

  #flagged(type: MaxComputeType): RowValue {
    const flag = this.#byte()
    if (flag > 1) throw corrupt('a NULL flag that is neither 0 nor 1')
    return flag === 1 ? null : this.value(type)
  }
}

export function corrupt(what: string): MaxComputeError {
  return new MaxComputeError(
    'CorruptedResponse',
    `The record stream is damaged: ${what}. Read it again.`,
    { retry: 'backoff', reached: 'yes' },
  )
}
