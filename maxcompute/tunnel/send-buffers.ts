/**
 * The memory that blocks are encoded into, used again as soon as the network has taken it. Fresh memory for
 * each megabyte costs more than encoding it: the kernel clears every page, and the collector returns it.
 *
 * M1. A buffer is handed out again only when `taken` has passed its last byte: until then its reader may look at it.
 * M2. At most FREE_BUFFERS_MAX buffers are kept; of the others nothing is remembered once they are taken.
 *
 * Only for a reader that calls `taken` (`putBlock` without compression, see `PutBlockOptions.onTaken`): every
 * buffer is held until then.
 */

/** One is filled while the network takes the other; a third for rows that differ in size. */
const FREE_BUFFERS_MAX = 3

/** Room for messages that are a little larger than the first one. */
const SPARE = 9 / 8

/** What is held for small messages must not be kept for smaller ones for ever. */
const OVERSIZE_MAX = 16

export class SendBuffers {
  readonly #free: Uint8Array[] = []
  /** In the order of the stream. */
  readonly #reading: { readonly buffer: Uint8Array; readonly endByte: number }[] = []

  /** At least `bytes` bytes, with anything in them. */
  take(bytes: number): Uint8Array {
    const at = this.#free.findIndex(
      ({ length }) => length >= bytes && length <= bytes * OVERSIZE_MAX,
    )
    if (at >= 0) return this.#free.splice(at, 1)[0]!
    // What does not fit now would only be in the way.
    if (this.#free.length === FREE_BUFFERS_MAX) this.#free.shift()
    return Buffer.allocUnsafeSlow(Math.ceil(bytes * SPARE))
  }

  /** The buffer's content is the stream's up to `endByte`; the buffer is not written any more. */
  handedOut(buffer: Uint8Array, endByte: number): void {
    this.#reading.push({ buffer, endByte })
  }

  /** Nobody reads the stream's first `byteCount` bytes any more (M1). */
  taken(byteCount: number): void {
    while (this.#reading.length > 0 && this.#reading[0]!.endByte <= byteCount) {
      const { buffer } = this.#reading.shift()!
      if (this.#free.length < FREE_BUFFERS_MAX) this.#free.push(buffer) // M2
    }
  }
}
