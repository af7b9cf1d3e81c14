import { LZ4_WASM_BASE64 } from './lz4-wasm.ts'
import { DecompressedTooLarge } from './too-large.ts'

/**
 * The LZ4 frame, little endian, as Kafka's clients write it:
 *
 *   frame  = magic:uint32=184D2204 descriptor HC:uint8 block* end mark:uint32=0 [content checksum:uint32]
 *   descriptor = FLG:uint8 BD:uint8 [content size:uint64] [dictionary id:uint32]
 *   block  = size:uint32 bytes [checksum:uint32]     size's high bit: stored, not compressed
 *
 * Checksums are XXH32, HC is the second byte of the descriptor's. Blocks are decoded by assembly/lz4.ts.
 *
 * Z1. The decoder's memory grows by the output that is there and one block more, never by what a frame claims.
 * Z2. A memory that a huge frame has made large is not kept.
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

/** What assembly/lz4.ts answers instead of an end. */
const CORRUPT = 0
const NO_ROOM = 1
/** SLACK_BYTES there. */
const SLACK_BYTES = 64

const PAGE_BYTES = 64 * 1024
/** Z2 */
const KEPT_BYTES_MAX = 8 * 1024 * 1024

/** See assembly/lz4.ts. */
interface Lz4Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  decodeBlock(start: number, end: number, out: number, outEnd: number, outBegin: number): number
  xxh32(start: number, length: number): number
}

/** What every engine has; only TypeScript's types for browsers declare it. */
interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly

let compiled: object | null = null
let kept: Lz4Decoder | null = null

/**
 * The frame's content, valid until the next call. Throws DecompressedTooLarge above `bytesMax`, and some
 * other Error when it is not one whole frame.
 */
export function lz4FrameDecompress(bytes: Buffer, bytesMax: number): Buffer {
  const decoder = (kept ??= new Lz4Decoder())
  const content = decoder.decode(bytes, bytesMax)
  if (decoder.memoryBytes > KEPT_BYTES_MAX) kept = null // Z2
  return content
}

function instantiate(): Lz4Exports {
  compiled ??= new Module(Buffer.from(LZ4_WASM_BASE64, 'base64'))
  return new Instance(compiled).exports as Lz4Exports
}

/** Its memory: slack, the frame, slack, the content, slack. */
class Lz4Decoder {
  readonly #wasm = instantiate()
  #memory = Buffer.alloc(0)

  get memoryBytes(): number {
    return this.#memory.length
  }

  decode(bytes: Buffer, bytesMax: number): Buffer {
    const frame = readHeader(bytes)
    const frameAt = SLACK_BYTES
    const outBegin = frameAt + bytes.length + SLACK_BYTES
    this.#makeRoom(outBegin + SLACK_BYTES)
    bytes.copy(this.#memory, frameAt)
    const inMemory = { ...frame, at: frameAt, end: frameAt + bytes.length }
    this.#checkHeader(inMemory)
    const outEnd = this.#blocks(inMemory, outBegin, bytesMax)
    return this.#memory.subarray(outBegin, outEnd)
  }

  #checkHeader({ at, headerBytes }: FrameInMemory): void {
    const descriptorBytes = headerBytes - DESCRIPTOR_AT - 1
    const sum = this.#wasm.xxh32(at + DESCRIPTOR_AT, descriptorBytes)
    if (this.#memory[at + headerBytes - 1] !== ((sum >>> 8) & 0xff)) {
      throw new Error('LZ4 frame whose header fails its checksum')
    }
  }

  /** Decodes all of them; returns where the content ends. */
  #blocks(frame: FrameInMemory, outBegin: number, bytesMax: number): number {
    const outMax = outBegin + bytesMax
    let at = frame.at + frame.headerBytes
    let out = outBegin
    for (;;) {
      if (at + 4 > frame.end) throw new Error('LZ4 frame without an end mark')
      const size = this.#memory.readUInt32LE(at)
      at += 4
      if (size === 0) break
      const isStored = size >= STORED
      const end = at + (isStored ? size - STORED : size)
      if (end + frame.blockChecksumBytes > frame.end) {
        throw new Error('LZ4 block longer than its frame')
      }
      if (frame.blockChecksumBytes > 0) this.#checkSum(at, end, end, 'block')
      out = isStored
        ? this.#copyStored(at, end, out, frame.blockBytesMax, outMax)
        : this.#decodeBlock(at, end, out, outBegin, frame.blockBytesMax, outMax)
      at = end + frame.blockChecksumBytes
    }
    this.#checkEnd(frame, at, outBegin, out)
    return out
  }

  #decodeBlock(
    at: number,
    end: number,
    out: number,
    outBegin: number,
    blockBytesMax: number,
    outMax: number,
  ): number {
    const blockEnd = out + Math.min(blockBytesMax, (end - at) * RATIO_MAX)
    const outEnd = Math.min(blockEnd, outMax)
    this.#makeRoom(outEnd + SLACK_BYTES) // Z1
    const decodedTo = this.#wasm.decodeBlock(at, end, out, outEnd, outBegin)
    if (decodedTo === NO_ROOM && outEnd < blockEnd) throw tooLarge()
    if (decodedTo === CORRUPT || decodedTo === NO_ROOM) throw new Error('LZ4 block is damaged')
    return decodedTo
  }

  #copyStored(at: number, end: number, out: number, blockBytesMax: number, outMax: number): number {
    const bytes = end - at
    if (bytes > blockBytesMax) throw new Error('LZ4 block longer than its frame allows')
    if (out + bytes > outMax) throw tooLarge()
    this.#makeRoom(out + bytes + SLACK_BYTES)
    this.#memory.copyWithin(out, at, end)
    return out + bytes
  }

  #checkEnd(frame: FrameInMemory, at: number, outBegin: number, out: number): void {
    const rest = frame.end - at
    if (rest !== frame.contentChecksumBytes) {
      const isShort = rest < frame.contentChecksumBytes
      throw new Error(isShort ? 'LZ4 frame without its checksum' : 'bytes behind the LZ4 frame')
    }
    if (rest > 0) this.#checkSum(outBegin, out, at, 'frame')
    if (frame.contentBytes !== null && frame.contentBytes !== out - outBegin) {
      throw new Error(`LZ4 frame of ${out - outBegin} bytes that claims ${frame.contentBytes}`)
    }
  }

  #checkSum(start: number, end: number, sumAt: number, what: string): void {
    const sum = this.#wasm.xxh32(start, end - start) >>> 0
    if (sum !== this.#memory.readUInt32LE(sumAt)) {
      throw new Error(`LZ4 ${what} fails its checksum`)
    }
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#memory.length) return
    const pages = Math.ceil((bytes - this.#memory.length) / PAGE_BYTES)
    this.#wasm.memory.grow(pages)
    // The old view is detached.
    this.#memory = Buffer.from(this.#wasm.memory.buffer)
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

interface FrameInMemory extends FrameHeader {
  readonly at: number
  readonly end: number
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
    contentBytes: hasSize ? Number(bytes.readBigUInt64LE(DESCRIPTOR_AT + 2)) : null,
  }
}

function tooLarge(): DecompressedTooLarge {
  return new DecompressedTooLarge('decompressed above the limit')
}
