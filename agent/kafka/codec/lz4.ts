import { type BlockMemory, CORRUPT, NO_ROOM, SLACK_BYTES, withBlockMemory } from './block-memory.ts'
import { DecompressedTooLarge } from './too-large.ts'

/**
 * The LZ4 frame, little endian, as Kafka's clients write it:
 *
 *   frame  = magic:uint32=184D2204 descriptor HC:uint8 block* end mark:uint32=0 [content checksum:uint32]
 *   descriptor = FLG:uint8 BD:uint8 [content size:uint64] [dictionary id:uint32]
 *   block  = size:uint32 bytes [checksum:uint32]     size's high bit: stored, not compressed
 *
 * Checksums are XXH32, HC is the second byte of the descriptor's.
 *
 * Z1. Memory grows by the content that is there and one block more, never by what a frame claims.
 */

const MAGIC = 0x184d2204
const DESCRIPTOR_AT = 4
const VERSION = 1
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_CONTENT_SIZE = 0x08
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_RESERVED = 0x02
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

/**
 * The frame's content, valid until the next batch is decompressed. Throws DecompressedTooLarge above `bytesMax`,
 * and some other Error when it is not one whole frame.
 */
export function lz4FrameDecompress(bytes: Buffer, bytesMax: number): Buffer {
  const header = readHeader(bytes)
  return withBlockMemory((memory) => new FrameDecoder(memory, header, bytes, bytesMax).decode())
}

/** Its memory: slack, the frame, slack, the content, slack. */
class FrameDecoder {
  readonly #memory: BlockMemory
  readonly #header: FrameHeader
  /** The frame's end. */
  readonly #end: number
  readonly #outBegin: number
  readonly #outMax: number
  /** The content's end so far. */
  #out: number

  constructor(memory: BlockMemory, header: FrameHeader, bytes: Buffer, bytesMax: number) {
    this.#memory = memory
    this.#header = header
    this.#end = SLACK_BYTES + bytes.length
    this.#outBegin = this.#end + SLACK_BYTES
    this.#outMax = this.#outBegin + bytesMax
    this.#out = this.#outBegin
    memory.makeRoom(this.#outBegin + SLACK_BYTES)
    bytes.copy(memory.bytes, SLACK_BYTES)
  }

  decode(): Buffer {
    this.#checkHeader()
    let at = SLACK_BYTES + this.#header.headerBytes
    for (;;) {
      if (at + 4 > this.#end) throw new Error('LZ4 frame without an end mark')
      const size = this.#memory.bytes.readUInt32LE(at)
      at += 4
      if (size === 0) break
      at = this.#block(at, size)
    }
    this.#checkEnd(at)
    return this.#memory.bytes.subarray(this.#outBegin, this.#out)
  }

  /** Returns where the next one begins. */
  #block(at: number, size: number): number {
    const { blockBytesMax, blockChecksumBytes } = this.#header
    const isStored = size >= STORED
    const bytes = isStored ? size - STORED : size
    const end = at + bytes
    if (end + blockChecksumBytes > this.#end) throw new Error('LZ4 block longer than its frame')
    if (bytes > blockBytesMax) throw new Error('LZ4 block longer than its frame allows')
    if (blockChecksumBytes > 0) this.#checkSum(at, end, end, 'block')
    if (isStored) this.#copy(at, end)
    else this.#decodeBlock(at, end)
    return end + blockChecksumBytes
  }

  #copy(at: number, end: number): void {
    const outEnd = this.#out + (end - at)
    if (outEnd > this.#outMax) throw tooLarge()
    this.#memory.makeRoom(outEnd + SLACK_BYTES)
    this.#memory.bytes.copyWithin(this.#out, at, end)
    this.#out = outEnd
  }

  #decodeBlock(at: number, end: number): void {
    const blockEnd = this.#out + Math.min(this.#header.blockBytesMax, (end - at) * RATIO_MAX)
    const outEnd = Math.min(blockEnd, this.#outMax)
    this.#memory.makeRoom(outEnd + SLACK_BYTES) // Z1
    const { wasm } = this.#memory
    const decodedTo = wasm.decodeLz4Block(at, end, this.#out, outEnd, this.#outBegin)
    if (decodedTo === NO_ROOM && outEnd < blockEnd) throw tooLarge()
    if (decodedTo === CORRUPT || decodedTo === NO_ROOM) throw new Error('LZ4 block is damaged')
    this.#out = decodedTo
  }

  #checkHeader(): void {
    const { headerBytes } = this.#header
    const descriptorBytes = headerBytes - DESCRIPTOR_AT - 1
    const sum = this.#memory.wasm.xxh32(SLACK_BYTES + DESCRIPTOR_AT, descriptorBytes)
    if (this.#memory.bytes[SLACK_BYTES + headerBytes - 1] !== ((sum >>> 8) & 0xff)) {
      throw new Error('LZ4 frame whose header fails its checksum')
    }
  }

  #checkEnd(at: number): void {
    const { contentChecksumBytes, contentBytes } = this.#header
    const rest = this.#end - at
    if (rest !== contentChecksumBytes) {
      const isShort = rest < contentChecksumBytes
      throw new Error(isShort ? 'LZ4 frame without its checksum' : 'bytes behind the LZ4 frame')
    }
    if (rest > 0) this.#checkSum(this.#outBegin, this.#out, at, 'frame')
    const bytes = this.#out - this.#outBegin
    if (contentBytes !== null && contentBytes !== bytes) {
      throw new Error(`LZ4 frame of ${bytes} bytes that claims ${contentBytes}`)
    }
  }

  #checkSum(start: number, end: number, sumAt: number, what: string): void {
    const sum = this.#memory.wasm.xxh32(start, end - start) >>> 0
    if (sum !== this.#memory.bytes.readUInt32LE(sumAt)) {
      throw new Error(`LZ4 ${what} fails its checksum`)
    }
  }
}

interface FrameHeader {
  /** The HC byte included. */
  readonly headerBytes: number
  readonly blockBytesMax: number
  readonly blockChecksumBytes: 0 | 4
  readonly contentChecksumBytes: 0 | 4
  /** null: the frame does not say. */
  readonly contentBytes: number | null
}

function readHeader(bytes: Buffer): FrameHeader {
  if (bytes.length < 11 || bytes.readUInt32LE(0) !== MAGIC) throw new Error('no LZ4 frame')
  const flags = bytes.readUInt8(DESCRIPTOR_AT)
  if (flags >> 6 !== VERSION || flags & FLAG_RESERVED) throw new Error('unknown kind of LZ4 frame')
  if (flags & FLAG_DICTIONARY) throw new Error('LZ4 frame with a dictionary')
  const blockBytesMax = BLOCK_BYTES_MAX[(bytes.readUInt8(DESCRIPTOR_AT + 1) >> 4) & 7]
  if (blockBytesMax === undefined) throw new Error('LZ4 frame with an unknown block size')
  const hasSize = (flags & FLAG_CONTENT_SIZE) !== 0
  if (hasSize && bytes.length < 19) throw new Error('LZ4 frame that ends inside its header')
  return {
    headerBytes: DESCRIPTOR_AT + 2 + (hasSize ? 8 : 0) + 1,
    blockBytesMax,
    blockChecksumBytes: flags & FLAG_BLOCK_CHECKSUM ? 4 : 0,
    contentChecksumBytes: flags & FLAG_CONTENT_CHECKSUM ? 4 : 0,
    // Some writers set the flag and no size.
    contentBytes: hasSize ? Number(bytes.readBigUInt64LE(DESCRIPTOR_AT + 2)) || null : null,
  }
}

function tooLarge(): DecompressedTooLarge {
  return new DecompressedTooLarge('decompressed above the limit')
}
