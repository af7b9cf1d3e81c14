/**
 * Bytes and checksums of the record format, value by value. The hottest code of the library.
 *
 * W1. Finished chunks are handed out and never touched again. A value (not its tag) lies in one chunk.
 * W2. Every value is read once: it is copied and hashed in the same pass.
 */

import { CRC_INITIAL, CRC_TABLES, crc32c, crcByte, crcInt32, crcInt64 } from './crc32c.ts'
import type { SendBuffers } from './send-buffers.ts'
import { END_RECORD, META_CHECKSUM, META_COUNT } from './wire.ts'

/** Big enough that a chunk's allocation and write cost nothing, small enough to keep the socket busy. */
const CHUNK_BYTES = 256 * 1024

/** Room for a tag, a length and any scalar: 5 + 10 + 10 bytes at most. */
const SCALAR_BYTES_MAX = 32

/** From here on a native copy and a native CRC beat the loop (measured: the lines cross between 300 and 600 bytes). */
const NATIVE_BYTES_MIN = 512

const floatScratch = new Float32Array(1)
const floatBits = new Int32Array(floatScratch.buffer)

export class RecordWriter {
  /** null: a buffer of its own for every chunk. */
  readonly #buffers: SendBuffers | null
  #chunk: Uint8Array
  #view: DataView
  #at = 0
  #chunkStart = 0
  #handedOutBytes = 0
  #finished: Uint8Array[] = []
  #recordCrc = CRC_INITIAL
  #totalCrc = CRC_INITIAL

  constructor(buffers: SendBuffers | null = null) {
    this.#buffers = buffers
    this.#chunk = this.#newChunk(CHUNK_BYTES)
    this.#view = viewOf(this.#chunk)
  }

  #newChunk(bytes: number): Uint8Array {
    return this.#buffers === null ? Buffer.allocUnsafeSlow(bytes) : this.#buffers.take(bytes)
  }

  /** Bytes written so far. */
  get byteCount(): number {
    return this.#handedOutBytes + this.#at - this.#chunkStart
  }

  /** Full chunks since the last call. */
  takeFinished(): Uint8Array[] {
    const finished = this.#finished
    this.#finished = []
    return finished
  }

  beginField(columnIndex: number, tag: number): void {
    this.reserve()
    this.#recordCrc = crcInt32(this.#recordCrc, columnIndex)
    this.varint(tag)
  }

  /** Makes room for a tag and a scalar. */
  reserve(): void {
    if (this.#at > this.#chunk.length - SCALAR_BYTES_MAX) this.#nextChunk(SCALAR_BYTES_MAX)
  }

  /** An unsigned varint of at most 32 bits. The caller has made room (`beginField` or `reserve`). */
  varint(value: number): void {
    const chunk = this.#chunk
    let at = this.#at
    let rest = value
    while ((rest & ~127) !== 0) {
      chunk[at++] = (rest & 127) | 128
      rest >>>= 7
    }
    chunk[at++] = rest
    this.#at = at
  }

  int64(low: number, high: number): void {
    this.#recordCrc = crcInt64(this.#recordCrc, low, high)
    this.#zigzag64(low, high)
  }

  boolean(value: number): void {
    this.#recordCrc = crcByte(this.#recordCrc, value)
    this.#chunk[this.#at++] = value
  }

  /** A DOUBLE, as the two halves of its bits. */
  double(low: number, high: number): void {
    this.#recordCrc = crcInt64(this.#recordCrc, low, high)
    this.#view.setInt32(this.#at, low, true)
    this.#view.setInt32(this.#at + 4, high, true)
    this.#at += 8
  }

  float(value: number): void {
    floatScratch[0] = value
    const bits = floatBits[0]!
    this.#recordCrc = crcInt32(this.#recordCrc, bits)
    this.#view.setInt32(this.#at, bits, true)
    this.#at += 4
  }

  /** TIMESTAMP and INTERVAL_DAY_TIME: seconds in two halves, and nanoseconds. */
  secondsAndNanos(low: number, high: number, nanos: number): void {
    this.#recordCrc = crcInt32(crcInt64(this.#recordCrc, low, high), nanos)
    this.#zigzag64(low, high)
    this.varint((nanos << 1) ^ (nanos >> 31))
  }

  /** A length and that many bytes of `source`, whose view is `view`. */
  bytes(source: Uint8Array, view: DataView, start: number, length: number): void {
    if (this.#at + length > this.#chunk.length - SCALAR_BYTES_MAX) {
      this.#nextChunk(length + SCALAR_BYTES_MAX)
    }
    this.varint(length)
    if (length >= NATIVE_BYTES_MIN) {
      const value = source.subarray(start, start + length)
      this.#chunk.set(value, this.#at)
      this.#recordCrc = ~crc32c(value, ~this.#recordCrc >>> 0)
    } else {
      this.#recordCrc = this.#copyAndHash(source, view, start, length)
    }
    this.#at += length
  }

  /** A NULL flag in front of an element or a struct's field; not part of the checksum. */
  flag(isNull: boolean): void {
    this.reserve()
    this.#chunk[this.#at++] = isNull ? 1 : 0
  }

  /** The count in front of elements; not part of the checksum. */
  count(value: number): void {
    this.reserve()
    this.varint(value)
  }

  endRecord(): void {
    this.reserve()
    const crc = ~this.#recordCrc
    this.#recordCrc = CRC_INITIAL
    this.#totalCrc = crcInt32(this.#totalCrc, crc)
    this.varint(END_RECORD << 3)
    this.varint(crc)
  }

  footer(rowCount: number): void {
    this.reserve()
    this.varint(META_COUNT << 3)
    this.#zigzag64(rowCount | 0, Math.floor(rowCount / 0x1_0000_0000))
    this.varint(META_CHECKSUM << 3)
    this.varint(~this.#totalCrc)
    this.#handOut()
  }

  /** zigzag64 over Int32 halves, so that no BigInt is made per value. */
  #zigzag64(low: number, high: number): void {
    const chunk = this.#chunk
    let at = this.#at
    const sign = high >> 31
    let zLow = (low << 1) ^ sign
    let zHigh = ((high << 1) | (low >>> 31)) ^ sign
    while (zHigh !== 0) {
      chunk[at++] = (zLow & 127) | 128
      zLow = (zLow >>> 7) | (zHigh << 25)
      zHigh >>>= 7
    }
    while ((zLow & ~127) !== 0) {
      chunk[at++] = (zLow & 127) | 128
      zLow >>>= 7
    }
    chunk[at++] = zLow
    this.#at = at
  }

  /** Slicing-by-8, fused with the copy (W2). Answers the register. */
  #copyAndHash(source: Uint8Array, view: DataView, start: number, length: number): number {
    const t = CRC_TABLES
    const chunk = this.#chunk
    const out = this.#view
    let register = this.#recordCrc
    let from = start
    let at = this.#at
    const end = start + length
    for (const wordsEnd = end - 7; from < wordsEnd; from += 8, at += 8) {
      const low = view.getInt32(from, true)
      const high = view.getInt32(from + 4, true)
      out.setInt32(at, low, true)
      out.setInt32(at + 4, high, true)
      const x = register ^ low
      register =
        t[1792 + (x & 255)]! ^
        t[1536 + ((x >>> 8) & 255)]! ^
        t[1280 + ((x >>> 16) & 255)]! ^
        t[1024 + (x >>> 24)]! ^
        t[768 + (high & 255)]! ^
        t[512 + ((high >>> 8) & 255)]! ^
        t[256 + ((high >>> 16) & 255)]! ^
        t[high >>> 24]!
    }
    for (; from < end; from++, at++) {
      const byte = source[from]!
      chunk[at] = byte
      register = t[(register ^ byte) & 255]! ^ (register >>> 8)
    }
    return register
  }

  #nextChunk(roomBytes: number): void {
    this.#handOut()
    this.#buffers?.handedOut(this.#chunk, this.#handedOutBytes)
    this.#chunk = this.#newChunk(Math.max(CHUNK_BYTES, roomBytes))
    this.#view = viewOf(this.#chunk)
    this.#at = 0
    this.#chunkStart = 0
  }

  #handOut(): void {
    if (this.#at === this.#chunkStart) return
    this.#finished.push(this.#chunk.subarray(this.#chunkStart, this.#at))
    this.#handedOutBytes += this.#at - this.#chunkStart
    this.#chunkStart = this.#at
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The same bytes without Buffer's own `subarray`, which costs more than the copy of a short value. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
