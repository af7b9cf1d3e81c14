import { lz4Decompress } from '@platformatic/wasm-utils/bundled'

import { DecompressedTooLarge } from './too-large.ts'

/**
 * The LZ4 frame, little endian, as Kafka writes it:
 *
 *   magic:uint32=184D2204 FLG:uint8 BD:uint8 [content size:uint64] [dictionary id:uint32] HC:uint8
 *   blocks = (size:uint32 bytes [checksum:uint32])*  size's high bit: stored, not compressed
 *   end mark:uint32=0 [content checksum:uint32]
 *
 * The decoder takes no limit, so the size is found first: from the block sizes where that is enough,
 * else by walking the sequences of every block.
 */

const MAGIC = 0x184d2204
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_CONTENT_SIZE = 0x08
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_DICTIONARY = 0x01
const STORED = 0x8000_0000
/** By the code in BD. */
const BLOCK_BYTES_MAX: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 * 1024,
  7: 4 * 1024 * 1024,
}
/** No byte of LZ4 yields more. */
const RATIO_MAX = 255

export function lz4FrameDecompress(bytes: Buffer, bytesMax: number): Buffer {
  if (frameLength(bytes, boundOfBlock) > bytesMax && frameLength(bytes, lengthOfBlock) > bytesMax) {
    throw new DecompressedTooLarge('decompressed above the limit')
  }
  return lz4Decompress(bytes)
}

type BlockLength = (bytes: Buffer, start: number, end: number, blockBytesMax: number) => number

/** Sums what `blockLength` says of each compressed block. Throws when it is not one whole frame. */
function frameLength(bytes: Buffer, blockLength: BlockLength): number {
  if (bytes.length < 11 || bytes.readUInt32LE(0) !== MAGIC) throw new Error('no LZ4 frame')
  const flags = bytes.readUInt8(4)
  const blockBytesMax = BLOCK_BYTES_MAX[(bytes.readUInt8(5) >> 4) & 7]
  if (blockBytesMax === undefined) throw new Error('LZ4 frame with an unknown block size')
  if (flags & FLAG_DICTIONARY) throw new Error('LZ4 frame with a dictionary')
  const checksumBytes = flags & FLAG_BLOCK_CHECKSUM ? 4 : 0
  let at = 7 + (flags & FLAG_CONTENT_SIZE ? 8 : 0)
  let total = 0
  for (;;) {
    if (at + 4 > bytes.length) throw new Error('LZ4 frame without an end mark')
    const size = bytes.readUInt32LE(at)
    at += 4
    if (size === 0) break
    const stored = size >= STORED
    const end = at + (stored ? size - STORED : size)
    if (end + checksumBytes > bytes.length) throw new Error('LZ4 block longer than its frame')
    total += stored ? end - at : blockLength(bytes, at, end, blockBytesMax)
    at = end + checksumBytes
  }
  if (flags & FLAG_CONTENT_CHECKSUM) at += 4
  if (at !== bytes.length) throw new Error('bytes behind the LZ4 frame')
  return total
}

function boundOfBlock(_: Buffer, start: number, end: number, blockBytesMax: number): number {
  return Math.min(blockBytesMax, (end - start) * RATIO_MAX)
}

/** sequence = token:uint8 [literal length] literals [offset:uint16 [match length]]; the last has no match. */
function lengthOfBlock(bytes: Buffer, start: number, end: number): number {
  let at = start
  let total = 0
  const lengthRest = () => {
    let rest = 0
    for (let byte = 255; byte === 255; rest += byte) {
      if (at >= end) throw new Error('LZ4 block ends inside a length')
      byte = bytes.readUInt8(at++)
    }
    return rest
  }
  while (at < end) {
    const token = bytes.readUInt8(at++)
    const literals = (token >> 4) + (token >> 4 === 15 ? lengthRest() : 0)
    at += literals
    total += literals
    if (at >= end) break
    at += 2
    total += 4 + (token & 15) + ((token & 15) === 15 ? lengthRest() : 0)
  }
  return total
}
