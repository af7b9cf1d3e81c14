/**
 * The frame around an Arrow payload. All integers are big endian.
 *
 *   body  = uint32 chunkSize, piece*, tail
 *   piece = chunkSize bytes, uint32 CRC32C(these bytes)           # full pieces only
 *   tail  = 0..chunkSize-1 bytes, uint32 CRC32C(whole payload)
 *   empty = uint32 0                                              # no payload: the CRC of nothing, no chunkSize
 */

import { MaxComputeError } from '../errors.ts'
import { crcCombine, type CrcShift, crcShiftOf } from './crc-combine.ts'
import { crc32c } from './crc32c.ts'

/** What all clients send. */
export const ARROW_CHUNK_BYTES = 65_536

/** A chunk size above this is taken for a corrupt stream: we hold one piece in memory. */
const CHUNK_BYTES_MAX = 64 * 1024 * 1024

/** Cuts a payload into pieces without copying it: the chunks are views of what was written, and checksums of four bytes. */
export class ArrowFramer {
  readonly #chunkBytes: number
  readonly #shift: CrcShift
  #started = false
  #pieceBytes = 0
  #pieceCrc = 0
  /** Of the full pieces. */
  #totalCrc = 0

  constructor(chunkBytes: number = ARROW_CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes
    this.#shift = crcShiftOf(chunkBytes)
  }

  write(payload: Uint8Array): Uint8Array[] {
    const out: Uint8Array[] = []
    if (payload.length === 0) return out
    if (!this.#started) {
      this.#started = true
      out.push(uint32(this.#chunkBytes))
    }
    let from = 0
    while (from < payload.length) {
      const to = Math.min(payload.length, from + this.#chunkBytes - this.#pieceBytes)
      const part = payload.subarray(from, to)
      out.push(part)
      this.#pieceCrc = crc32c(part, this.#pieceCrc)
      this.#pieceBytes += part.length
      if (this.#pieceBytes === this.#chunkBytes) out.push(this.#endPiece())
      from = to
    }
    return out
  }

  finish(): Uint8Array[] {
    return [uint32(crcCombine(this.#totalCrc, crcShiftOf(this.#pieceBytes), this.#pieceCrc))]
  }

  #endPiece(): Uint8Array {
    const crc = uint32(this.#pieceCrc)
    this.#totalCrc = crcCombine(this.#totalCrc, this.#shift, this.#pieceCrc)
    this.#pieceCrc = 0
    this.#pieceBytes = 0
    return crc
  }
}

/** Takes the frame off a stream that arrives in any cuts, and checks it. Throws CorruptedResponse. */
export class ArrowDeframer {
  #pending: Buffer = Buffer.alloc(0)
  #chunkBytes: number | null = null
  #totalCrc = 0

  /** Payload that is complete and checked. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#pending =
      this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes])
    const out: Uint8Array[] = []
    // The last 4 bytes of the stream are the total: 4 bytes alone may be an empty stream.
    if (this.#chunkBytes === null && this.#pending.length > 4) this.#readChunkSize()
    const chunkBytes = this.#chunkBytes
    if (chunkBytes === null) return out
    while (this.#pending.length >= chunkBytes + 4) {
      out.push(this.#takePiece(chunkBytes))
    }
    return out
  }

  /** The stream is over: the rest of the payload, after the total has been compared. */
  end(): Uint8Array[] {
    const pending = this.#pending
    if (pending.length < 4) throw corrupt('the stream ends early')
    const rest = pending.subarray(0, pending.length - 4)
    const total = crc32c(rest, this.#totalCrc)
    if (pending.readUInt32BE(pending.length - 4) !== total)
      throw corrupt('the total checksum differs')
    return rest.length === 0 ? [] : [rest]
  }

  #readChunkSize(): void {
    const size = this.#pending.readUInt32BE(0)
    if (size === 0 || size > CHUNK_BYTES_MAX) throw corrupt(`a chunk size of ${size}`)
    this.#chunkBytes = size
    this.#pending = this.#pending.subarray(4)
  }

  #takePiece(chunkBytes: number): Uint8Array {
    const piece = this.#pending.subarray(0, chunkBytes)
    const crc = crc32c(piece)
    if (this.#pending.readUInt32BE(chunkBytes) !== crc) throw corrupt("a piece's checksum differs")
    this.#totalCrc = crc32c(piece, this.#totalCrc)
    this.#pending = this.#pending.subarray(chunkBytes + 4)
    return piece
  }
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function corrupt(what: string): MaxComputeError {
  return new MaxComputeError(
    'CorruptedResponse',
    `The Arrow stream is damaged: ${what}. Read it again.`,
    {
      retry: 'backoff',
      reached: 'yes',
    },
  )
}
