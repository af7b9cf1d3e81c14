import { KafkaError } from './errors.ts'

/**
 * Cuts the byte stream of a connection into answers: size:int32 bytes.
 *
 * F1. A large answer lands in one of two buffers, used in turn: while one is being read, the other is
 *     filled. So reading a topic of any size allocates nothing per answer.
 *     The socket reads right into it (`space`, `filled`): the kernel's copy is the only one.
 * F2. A size above the limit is refused before anything is buffered for it.
 */
export class FrameReader {
  readonly #bytesMax: number
  readonly #onFrame: (frame: Buffer) => void
  readonly #start = Buffer.allocUnsafeSlow(START_BYTES)
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0
  #frame: Buffer | null = null
  #frameFilled = 0
  readonly #buffers: [Buffer, Buffer] = [NONE, NONE]
  #turn: 0 | 1 = 0

  constructor(bytesMax: number, onFrame: (frame: Buffer) => void) {
    this.#bytesMax = bytesMax
    this.#onFrame = onFrame
  }

  /**
   * Where the next bytes may be read into: the rest of the answer that has begun, or else a small buffer,
   * in which the next one begins. Tell `filled` how many came.
   */
  space(): Buffer {
    return this.#frame === null ? this.#start : this.#frame.subarray(this.#frameFilled)
  }

  /** The first `bytes` bytes of `space()` are there. Throws as `push`. */
  filled(bytes: number): void {
    if (this.#frame === null) {
      this.push(this.#start.subarray(0, bytes))
      return
    }
    this.#frameFilled += bytes
    this.#endFrame(this.#frame)
  }

  /** Copies what it needs of `chunk`. Throws BATCH_TOO_LARGE, PROTOCOL. */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        const take = Math.min(SIZE_BYTES - this.#sizeFilled, chunk.length - at)
        chunk.copy(this.#size, this.#sizeFilled, at, at + take)
        this.#sizeFilled += take
        at += take
        if (this.#sizeFilled < SIZE_BYTES) return
        this.#frame = this.#begin(this.#size.readInt32BE(0))
        this.#frameFilled = 0
      }
      const take = Math.min(this.#frame.length - this.#frameFilled, chunk.length - at)
      chunk.copy(this.#frame, this.#frameFilled, at, at + take)
      this.#frameFilled += take
      at += take
      this.#endFrame(this.#frame)
    }
  }

  #endFrame(frame: Buffer): void {
    if (this.#frameFilled < frame.length) return
    this.#frame = null
    this.#sizeFilled = 0
    this.#onFrame(frame)
  }

  #begin(size: number): Buffer {
    if (size > this.#bytesMax) {
      const what = `the broker announced an answer of ${size} bytes, the limit is ${this.#bytesMax}`
      throw new KafkaError('BATCH_TOO_LARGE', what, {
        action: 'raise the limit, or check that the port is a Kafka listener without TLS',
      })
    }
    if (size < SIZE_BYTES) throw new KafkaError('PROTOCOL', `an answer claims ${size} bytes`)
    if (size <= SMALL_BYTES_MAX) return Buffer.allocUnsafe(size)
    const turn = this.#turn
    this.#turn = turn === 0 ? 1 : 0
    const reusable = this.#buffers[turn]
    if (reusable.length < size || reusable.length > size * OVERSIZE_MAX) {
      this.#buffers[turn] = Buffer.allocUnsafeSlow(Math.ceil((size * 9) / 8))
    }
    return this.#buffers[turn].subarray(0, size)
  }
}

const NONE = Buffer.alloc(0)
const SIZE_BYTES = 4
/** Holds small answers whole. */
const START_BYTES = 16 * 1024
/** Smaller answers come from Node's pool and are the receiver's own. */
const SMALL_BYTES_MAX = 32 * 1024
/** A buffer that one huge batch made is let go once answers are this much smaller. */
const OVERSIZE_MAX = 64
