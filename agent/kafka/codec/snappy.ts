import { snappyDecompress } from '@platformatic/wasm-utils/bundled'

import { DecompressedTooLarge } from './too-large.ts'

/**
 * Java producers frame snappy the way of xerial's stream; librdkafka and others write one bare block.
 *
 *   stream = header (length:int32 block)*    header = 82 'SNAPPY' 00 version:int32 compatible:int32
 *   block  = uncompressed length:varint elements
 *
 * Streams may be concatenated, so a header may stand where a length is expected.
 */

const MAGIC = Buffer.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00)
const HEADER_BYTES = 16

export function snappyStreamDecompress(bytes: Buffer, bytesMax: number): Buffer {
  if (!startsWithMagic(bytes, 0)) {
    requireWithin(snappyBlockLength(bytes, 0), bytesMax)
    return snappyDecompress(bytes)
  }
  const blocks: Buffer[] = []
  let total = 0
  let at = 0
  while (at < bytes.length) {
    if (startsWithMagic(bytes, at)) {
      at += HEADER_BYTES
      continue
    }
    if (at + 4 > bytes.length) throw new Error('snappy stream ends inside a length')
    const length = bytes.readInt32BE(at)
    at += 4
    if (length <= 0 || at + length > bytes.length) {
      throw new Error(
        `snappy stream holds a block length of ${length} where ${bytes.length - at} bytes are left`,
      )
    }
    total += snappyBlockLength(bytes, at)
    requireWithin(total, bytesMax)
    blocks.push(snappyDecompress(bytes.subarray(at, at + length)))
    at += length
  }
  return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks)
}

function startsWithMagic(bytes: Buffer, at: number): boolean {
  return at + HEADER_BYTES <= bytes.length && bytes.compare(MAGIC, 0, 8, at, at + 8) === 0
}

function snappyBlockLength(bytes: Buffer, at: number): number {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return length
  }
  throw new Error('snappy block has no valid length')
}

function requireWithin(length: number, bytesMax: number): void {
  if (length > bytesMax) throw new DecompressedTooLarge(`${length} bytes decompressed`)
}
