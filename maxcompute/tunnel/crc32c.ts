/**
 * CRC-32C (Castagnoli): reflected polynomial 0x82F63B78, initial and final xor 0xFFFFFFFF.
 *
 * Two implementations, because a call into native code costs about as much as hashing a hundred bytes here:
 * the record encoder hashes values of a few bytes with the tables (slicing-by-8), large pieces go to `crc32c`.
 */

import { crc32c as nativeCrc32c } from '@node-rs/crc32'

const POLYNOMIAL = 0x82f63b78

/** Eight tables of 256: entry k*256+i is the register after byte i and k zero bytes. */
export const CRC_TABLES: Int32Array = buildTables()

/** The register before the first byte; a finished CRC is `~register >>> 0`. */
export const CRC_INITIAL = -1

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let i = 0; i < 256; i++) {
    let register = i
    for (let bit = 0; bit < 8; bit++) {
      register = (register >>> 1) ^ ((register & 1) === 0 ? 0 : POLYNOMIAL)
    }
    tables[i] = register
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] ?? 0
    tables[i] = (previous >>> 8) ^ (tables[previous & 255] ?? 0)
  }
  return tables
}

/** CRC of `bytes`, an unsigned number; `previous` continues an earlier result. Native: for pieces of a kilobyte and more. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return nativeCrc32c(bytes, previous)
}

/** The register advanced by the four bytes of a little-endian int32. */
export function crcInt32(register: number, word: number): number {
  const t = CRC_TABLES
  const x = register ^ word
  return (
    t[768 + (x & 255)]! ^ t[512 + ((x >>> 8) & 255)]! ^ t[256 + ((x >>> 16) & 255)]! ^ t[x >>> 24]!
  )
}

/** The register advanced by the eight bytes of a little-endian int64. */
export function crcInt64(register: number, low: number, high: number): number {
  const t = CRC_TABLES
  const x = register ^ low
  return (
    t[1792 + (x & 255)]! ^
    t[1536 + ((x >>> 8) & 255)]! ^
    t[1280 + ((x >>> 16) & 255)]! ^
    t[1024 + (x >>> 24)]! ^
    t[768 + (high & 255)]! ^
    t[512 + ((high >>> 8) & 255)]! ^
    t[256 + ((high >>> 16) & 255)]! ^
    t[high >>> 24]!
  )
}

/** The register advanced by one byte. */
export function crcByte(register: number, byte: number): number {
  return CRC_TABLES[(register ^ byte) & 255]! ^ (register >>> 8)
}

/** The register advanced by any bytes. */
export function crcBytes(register: number, bytes: Uint8Array): number {
  let r = register
  for (const byte of bytes) r = crcByte(r, byte)
  return r
}
