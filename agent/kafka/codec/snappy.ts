import { type BlockMemory, SLACK_BYTES, withBlockMemory } from './block-memory.ts'
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

/**
 * The stream's content, valid until the next batch is decompressed. Throws DecompressedTooLarge above `bytesMax`,
 * and some other Error when it is neither.
 */
export function snappyStreamDecompress(bytes: Buffer, bytesMax: number): Buffer {
  return withBlockMemory((memory) => {
    const decoder = new BlockDecoder(memory, bytes, bytesMax)
    if (startsWithMagic(bytes, 0)) decodeStream(bytes, decoder)
    else decoder.decode(0, bytes.length)
    return decoder.content
  })
}

function decodeStream(bytes: Buffer, decoder: BlockDecoder): void {
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
    decoder.decode(at, at + length)
    at += length
  }
}

/** One block after the other. Its memory: slack, the stream, slack, the content, slack. */
class BlockDecoder {
  readonly #memory: BlockMemory
  readonly #bytes: Buffer
  readonly #outBegin: number
  readonly #outMax: number
  #out: number

  constructor(memory: BlockMemory, bytes: Buffer, bytesMax: number) {
    this.#memory = memory
    this.#bytes = bytes
    this.#outBegin = SLACK_BYTES + bytes.length + SLACK_BYTES
    this.#outMax = this.#outBegin + bytesMax
    this.#out = this.#outBegin
    memory.makeRoom(this.#outBegin + SLACK_BYTES)
    bytes.copy(memory.bytes, SLACK_BYTES)
  }

  get content(): Buffer {
    return this.#memory.bytes.subarray(this.#outBegin, this.#out)
  }

  /** The block that stands there in the stream. */
  decode(at: number, end: number): void {
    const { length, headerBytes } = blockHeader(this.#bytes, at, end)
    const outEnd = this.#out + length
    if (outEnd > this.#outMax) throw new DecompressedTooLarge('decompressed above the limit')
    this.#memory.makeRoom(outEnd + SLACK_BYTES)
    const elementsAt = SLACK_BYTES + at + headerBytes
    const { wasm } = this.#memory
    const decodedTo = wasm.decodeSnappyBlock(elementsAt, SLACK_BYTES + end, this.#out, outEnd)
    if (decodedTo !== outEnd) throw new Error('snappy block is damaged')
    this.#out = outEnd
  }
}

function startsWithMagic(bytes: Buffer, at: number): boolean {
  return at + HEADER_BYTES <= bytes.length && bytes.compare(MAGIC, 0, 8, at, at + 8) === 0
}

/** A byte of elements yields less: a block that claims more is refused before there is memory for it. */
const RATIO_MAX = 64

function blockHeader(
  bytes: Buffer,
  at: number,
  end: number,
): { readonly length: number; readonly headerBytes: number } {
  let length = 0
  for (let i = 0; i < 5 && at + i < end; i++) {
    const byte = bytes[at + i]!
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte >= 0x80) continue
    const headerBytes = i + 1
    if (length <= (end - at - headerBytes) * RATIO_MAX) return { length, headerBytes }
    throw new Error(`snappy block of ${end - at} bytes that claims ${length}`)
  }
  throw new Error('snappy block has no valid length')
}
