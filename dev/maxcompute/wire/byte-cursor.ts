import { BlockError } from './block-error.ts'

/** The window ends inside a record: not an error before the end of the body. */
export class NeedMoreBytes extends Error {}

const NEED_MORE_BYTES = new NeedMoreBytes('the window ends inside a record')
const EMPTY = new Uint8Array(0)

/** A position in a window of bytes. Reading past its end throws the (shared) NeedMoreBytes. */
export class ByteCursor {
  data: Uint8Array = EMPTY
  at = 0
  /** The last varint read, as two 32-bit words: a BigInt a value would be too slow. */
  low = 0
  high = 0
  private end = 0

  reset(data: Uint8Array, start: number, end: number): void {
    this.data = data
    this.at = start
    this.end = end
  }

  /** A field tag, or a varint of up to 32 bits. */
  tag(): number {
    const byte = this.data[this.at] as number
    if (byte < 0x80 && this.at < this.end) {
      this.at += 1
      return byte
    }
    this.varint()
    if (this.high !== 0) throw new BlockError('MalformedDataStream', 'a field tag exceeds 32 bits')
    return this.low >>> 0
  }

  /** A checksum: the low 32 bits; PyODPS's C extension sign-extends those of 2^31 and more to 10 bytes. */
  checksum(): number {
    this.varint()
    const { low, high } = this
    if (high !== 0 && !(high === -1 && low < 0)) {
      throw new BlockError('MalformedDataStream', 'a checksum exceeds 32 bits')
    }
    return low >>> 0
  }

  /** An unsigned varint of up to 64 bits, into `low` and `high`. */
  varint(): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw NEED_MORE_BYTES
      const byte = this.data[this.at] as number
      this.at += 1
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        if (shift === 63 && bits > 1) break
        this.low = low
        this.high = high
        return
      }
    }
    throw new BlockError('MalformedDataStream', 'a varint exceeds 64 bits')
  }

  /** A zigzag varint of up to 64 bits, into `low` and `high`. */
  zigzag(): void {
    this.varint()
    const sign = -(this.low & 1)
    const { low, high } = this
    this.low = ((low >>> 1) | (high << 31)) ^ sign
    this.high = (high >>> 1) ^ sign
  }

  /** Steps over `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.at
    if (start + count > this.end) throw NEED_MORE_BYTES
    this.at = start + count
    return start
  }

  /** The 4 bytes at `at` as a little-endian signed word; the caller took them. */
  wordAt(at: number): number {
    const { data } = this
    return (
      (data[at] as number) |
      ((data[at + 1] as number) << 8) |
      ((data[at + 2] as number) << 16) |
      ((data[at + 3] as number) << 24)
    )
  }
}
