/**
 * The Snappy framing format, for reading.
 *
 *   stream = chunk*
 *   chunk  = type (1 byte), length (3 bytes LE), data
 *     ff stream identifier · 00 masked CRC-32C (4 bytes LE) and a compressed block · 01 the same, not compressed · 80..fe to be skipped
 *   A block holds at most 65,536 bytes; the CRC is of its uncompressed bytes, masked: rotate right by 15, add 0xa282ead8.
 */

import { snappyDecompress } from '@platformatic/wasm-utils/bundled'

import { MaxComputeError } from '../errors.ts'
import { crc32c } from './crc32c.ts'

const TYPE_COMPRESSED = 0x00
const TYPE_PLAIN = 0x01
const TYPE_SKIPPED_FROM = 0x80

const BLOCK_BYTES_MAX = 65_536
const CRC_BYTES = 4

/** Blocks of a framed stream, each checked. Rejects with CorruptedResponse. */
export async function* decodeSnappyFramed(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let pending: Buffer = Buffer.alloc(0)
  for await (const bytes of source) {
    pending = Buffer.concat([pending, bytes])
    for (;;) {
      if (pending.length < 4) break
      const end = 4 + pending.readUIntLE(1, 3)
      if (pending.length < end) break
      const block = decodeChunk(pending[0] ?? 0, pending.subarray(4, end))
      pending = pending.subarray(end)
      if (block !== null) yield block
    }
  }
  if (pending.length > 0) throw corrupt('it ends inside a chunk')
}

function decodeChunk(type: number, data: Buffer): Uint8Array | null {
  if (type >= TYPE_SKIPPED_FROM) return null
  if (type !== TYPE_COMPRESSED && type !== TYPE_PLAIN) throw corrupt(`a chunk of type ${type}`)
  if (data.length < CRC_BYTES) throw corrupt('a chunk without a checksum')
  const packed = data.subarray(CRC_BYTES)
  const block = type === TYPE_PLAIN ? packed : decompressBlock(packed)
  if (block.length > BLOCK_BYTES_MAX) throw corrupt('a block that is too long')
  if (data.readUInt32LE(0) !== masked(crc32c(block))) throw corrupt("a block's checksum differs")
  return block
}

function decompressBlock(packed: Buffer): Uint8Array {
  // The block begins with its uncompressed length: looked at first, so that a lie cannot make us allocate it.
  if (claimedLength(packed) > BLOCK_BYTES_MAX) throw corrupt('a block that is too long')
  try {
    return snappyDecompress(packed)
  } catch (thrown) {
    throw corrupt('a block cannot be decompressed', thrown)
  }
}

function claimedLength(packed: Buffer): number {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = packed[i] ?? 0
    length += (byte & 127) * 2 ** (7 * i)
    if (byte < 128) return length
  }
  return Infinity
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function corrupt(what: string, cause?: unknown): MaxComputeError {
  return new MaxComputeError(
    'CorruptedResponse',
    `A Snappy body is damaged: ${what}. Read it again.`,
    {
      retry: 'backoff',
      reached: 'yes',
      cause,
    },
  )
}
