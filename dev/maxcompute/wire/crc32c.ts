import { crc32c as crc32cNative } from '@node-rs/crc32'

/**
 * CRC-32C (Castagnoli) over the small pieces of a record.
 *
 * The functions here work on the *inner state* (initial value -1, not yet inverted), because a record
 * feeds its checksum a few bytes at a time. `finish` gives the value that stands on the wire.
 */
const POLYNOMIAL = 0x82f63b78
/** From this many bytes on, one call into native code beats the tables. */
const NATIVE_MIN_BYTES = 192

export const CRC_START = -1

const tables = makeTables()
const T0 = tables.subarray(0, 256)
const T1 = tables.subarray(256, 512)
const T2 = tables.subarray(512, 768)
const T3 = tables.subarray(768, 1024)

function makeTables(): Int32Array {
  const t = new Int32Array(4 * 256)
  for (let i = 0; i < 256; i += 1) {
    let c = i
    for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1
    t[i] = c
  }
  for (let i = 256; i < t.length; i += 1) {
    const previous = t[i - 256] as number
    t[i] = (previous >>> 8) ^ (t[previous & 0xff] as number)
  }
  return t
}

/** Feeds one byte. */
export function crcByte(state: number, byte: number): number {
  return (T0[(state ^ byte) & 0xff] as number) ^ (state >>> 8)
}

/** Feeds a 32-bit word as 4 bytes, little endian. */
export function crcWord(state: number, word: number): number {
  const x = state ^ word
  return (
    (T3[x & 0xff] as number) ^
    (T2[(x >>> 8) & 0xff] as number) ^
    (T1[(x >>> 16) & 0xff] as number) ^
    (T0[x >>> 24] as number)
  )
}

/** Feeds `data[start..end)`. */
export function crcBytes(state: number, data: Uint8Array, start: number, end: number): number {
  if (end - start >= NATIVE_MIN_BYTES) {
    return ~crc32cNative(data.subarray(start, end), ~state >>> 0)
  }
  let s = state
  let i = start
  for (; i + 4 <= end; i += 4) {
    const x =
      s ^
      ((data[i] as number) |
        ((data[i + 1] as number) << 8) |
        ((data[i + 2] as number) << 16) |
        ((data[i + 3] as number) << 24))
    s =
      (T3[x & 0xff] as number) ^
      (T2[(x >>> 8) & 0xff] as number) ^
      (T1[(x >>> 16) & 0xff] as number) ^
      (T0[x >>> 24] as number)
  }
  for (; i < end; i += 1) s = (T0[(s ^ (data[i] as number)) & 0xff] as number) ^ (s >>> 8)
  return s
}

/** The checksum of everything fed so far, 0..2^32-1. */
export function crcFinish(state: number): number {
  return ~state >>> 0
}
