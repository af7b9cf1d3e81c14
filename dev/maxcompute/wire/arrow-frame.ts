import { crc32c } from '@node-rs/crc32'

import { BlockError } from './block-error.ts'
import { crcAppend, shiftOf } from './crc-append.ts'

/**
 *     body  = uint32BE chunkSize , piece* , tail
 *     piece = chunkSize bytes of payload, uint32BE CRC32C(these bytes)        full pieces only
 *     tail  = remaining 0..chunkSize-1 bytes, uint32BE CRC32C(whole payload)
 *
 * An empty block may also be the 4 bytes 00000000: the checksum of nothing, without a chunkSize (PyODPS sends it).
 */
const WORD_BYTES = 4
export const CHUNK_BYTES = 65_536

type State = 'chunk-size' | 'payload' | 'piece-crc'

/** Takes the frame off as the bytes arrive, without copying the payload. Throws BlockError. */
export class ArrowFrameReader {
  private state: State = 'chunk-size'
  private chunkSize = 0
  private inPiece = 0
  private pieceCrc = 0
  /** Of the full pieces. */
  private totalCrc = 0
  /** Of a full piece. */
  private pieceShift = 0
  /** The last 4 bytes seen: they are the total checksum if nothing comes after them. */
  private held: Uint8Array = new Uint8Array(0)
  /** A word of the frame, as far as it is here. */
  private word = 0
  private wordBytes = 0
  private readonly receive: (payload: Uint8Array) => void

  constructor(receive: (payload: Uint8Array) => void) {
    this.receive = receive
  }

  push(piece: Uint8Array): void {
    const heldBytes = this.held.byteLength
    if (heldBytes + piece.byteLength <= WORD_BYTES) {
      this.held = Buffer.concat([this.held, piece])
      return
    }
    if (piece.byteLength >= WORD_BYTES) {
      this.take(this.held)
      this.take(piece.subarray(0, piece.byteLength - WORD_BYTES))
      this.held = Uint8Array.prototype.slice.call(piece, piece.byteLength - WORD_BYTES)
      return
    }
    const both = Buffer.concat([this.held, piece])
    this.take(both.subarray(0, both.byteLength - WORD_BYTES))
    this.held = both.subarray(both.byteLength - WORD_BYTES)
  }

  end(): void {
    if (this.held.byteLength < WORD_BYTES) throw incomplete('the body has less than 4 bytes')
    const sent = Buffer.from(this.held).readUInt32BE(0)
    if (this.state === 'chunk-size') {
      if (sent === 0 && this.wordBytes === 0) return
      throw incomplete('the body ends inside the chunk size')
    }
    if (this.state === 'piece-crc') throw incomplete('the body ends without its total checksum')
    const total = crcAppend(this.totalCrc, shiftOf(this.inPiece), this.pieceCrc)
    if (sent !== total) throw corrupted('total', sent, total)
  }

  private take(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.byteLength) {
      if (this.state === 'payload') at = this.payload(bytes, at)
      else {
        this.word = ((this.word << 8) | (bytes[at] as number)) >>> 0
        this.wordBytes += 1
        at += 1
        if (this.wordBytes === WORD_BYTES) this.endWord()
      }
    }
  }

  private payload(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + this.chunkSize - this.inPiece)
    const part = bytes.subarray(at, end)
    this.pieceCrc = crc32c(part, this.pieceCrc)
    this.inPiece += part.byteLength
    this.receive(part)
    if (this.inPiece === this.chunkSize) this.state = 'piece-crc'
    return end
  }

  private endWord(): void {
    if (this.state === 'chunk-size') {
      if (this.word === 0) {
        throw new BlockError('MalformedDataStream', 'the Arrow chunk size is 0')
      }
      this.chunkSize = this.word
      this.pieceShift = shiftOf(this.chunkSize)
    } else if (this.word !== this.pieceCrc) throw corrupted('chunk', this.word, this.pieceCrc)
    else this.totalCrc = crcAppend(this.totalCrc, this.pieceShift, this.pieceCrc)
    this.state = 'payload'
    this.inPiece = 0
    this.pieceCrc = 0
    this.word = 0
    this.wordBytes = 0
  }
}

/** Puts a payload into the frame. */
export class ArrowFrameWriter {
  private pending: Buffer[] = []
  private pendingLength = 0
  private inPiece = 0
  private pieceCrc = 0
  private totalCrc = 0
  private readonly chunkBytes: number

  constructor(chunkBytes: number = CHUNK_BYTES) {
    this.chunkBytes = chunkBytes
    this.push(wordBE(chunkBytes))
  }

  get pendingBytes(): number {
    return this.pendingLength
  }

  payload(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const end = Math.min(bytes.byteLength, at + this.chunkBytes - this.inPiece)
      const part = bytes.subarray(at, end)
      this.pieceCrc = crc32c(part, this.pieceCrc)
      this.totalCrc = crc32c(part, this.totalCrc)
      this.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength))
      this.inPiece += part.byteLength
      at = end
      if (this.inPiece < this.chunkBytes) continue
      this.push(wordBE(this.pieceCrc))
      this.inPiece = 0
      this.pieceCrc = 0
    }
  }

  finish(): void {
    this.push(wordBE(this.totalCrc))
  }

  take(): Buffer {
    const taken = Buffer.concat(this.pending)
    this.pending = []
    this.pendingLength = 0
    return taken
  }

  private push(bytes: Buffer): void {
    this.pending.push(bytes)
    this.pendingLength += bytes.byteLength
  }
}

function wordBE(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(WORD_BYTES)
  bytes.writeUInt32BE(value, 0)
  return bytes
}

function incomplete(problem: string): BlockError {
  return new BlockError('IncompleteBody', `Arrow block: ${problem}: send the whole block again`)
}

function corrupted(what: string, sent: number, computed: number): BlockError {
  const message = `Arrow block: the ${what} checksum is ${sent}, the bytes give ${computed}`
  return new BlockError('CorruptedDataStream', message)
}
