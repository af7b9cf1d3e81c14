import { KafkaError } from './errors.ts'

/**
 * The primitive types of the Kafka protocol, big endian. `compact…` forms and tagged fields belong
 * to the flexible versions of a request. INT64 values are JavaScript numbers; one beyond 2^53 is
 * refused, so no offset is ever rounded.
 */

const INITIAL_BYTES = 256
const TWO_32 = 0x1_0000_0000

export class WireWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #length = 0

  /** What was written; valid until the next write. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    return at
  }

  int8(value: number): this {
    const at = this.#grow(1) // may replace #bytes: before it is named
    this.#bytes.writeInt8(value, at)
    return this
  }

  int16(value: number): this {
    const at = this.#grow(2)
    this.#bytes.writeInt16BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#grow(4)
    this.#bytes.writeInt32BE(value, at)
    return this
  }

  int64(value: number): this {
    const at = this.#grow(8)
    this.#bytes.writeInt32BE(Math.floor(value / TWO_32), at)
    this.#bytes.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, at + 4)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  unsignedVarint(value: number): this {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.int8((((rest & 0x7f) | 0x80) << 24) >> 24)
      rest >>>= 7
    }
    return this.int8(rest)
  }

  /** NULLABLE_STRING. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const bytes = Buffer.from(value, 'utf8')
    return this.int16(bytes.length).raw(bytes)
  }

  /** COMPACT_NULLABLE_STRING. */
  compactString(value: string | null): this {
    if (value === null) return this.unsignedVarint(0)
    const bytes = Buffer.from(value, 'utf8')
    return this.unsignedVarint(bytes.length + 1).raw(bytes)
  }

  /** ARRAY. */
  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length)
    for (const item of items) write(item)
    return this
  }

  /** COMPACT_ARRAY. */
  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item)
    return this
  }

  /** An empty tag section. */
  noTags(): this {
    return this.unsignedVarint(0)
  }
}

/** Reads one response; every read past the end is a PROTOCOL error, never a RangeError. */
export class WireReader {
  readonly bytes: Buffer
  position = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  take(count: number): number {
    const at = this.position
    if (count < 0 || at + count > this.bytes.length) {
      throw new KafkaError(
        'PROTOCOL',
        `a broker's answer ends at byte ${this.bytes.length} where ${count} bytes at ${at} are needed`,
      )
    }
    this.position = at + count
    return at
  }

  int8(): number {
    return this.bytes.readInt8(this.take(1))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4))
  }

  int64(): number {
    const at = this.take(8)
    const value = this.bytes.readInt32BE(at) * TWO_32 + this.bytes.readUInt32BE(at + 4)
    if (!Number.isSafeInteger(value)) {
      throw new KafkaError(
        'UNSUPPORTED_FORMAT',
        `a broker answered with the number ${value}, beyond 2^53`,
      )
    }
    return value
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.take(1)] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new KafkaError('PROTOCOL', "a broker's answer holds a varint of more than 5 bytes")
  }

  #text(length: number): string {
    const at = this.take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#text(length)
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    return this.compactNullableString() ?? ''
  }

  /** UUID in Kafka's own notation (base64url, 22 characters); null for the all-zero one. */
  uuid(): string | null {
    const at = this.take(16)
    const text = this.bytes.toString('base64url', at, at + 16)
    return text === ZERO_UUID ? null : text
  }

  /** ARRAY; a null one is empty. */
  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read)
  }

  /** COMPACT_ARRAY; a null one is empty. */
  compactArray<T>(read: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, read)
  }

  #items<T>(count: number, read: () => T): T[] {
    // Every item takes at least a byte, so a count that lies cannot make us allocate.
    if (count > this.bytes.length - this.position) this.take(count)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }

  skipTags(): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint()
      this.take(this.unsignedVarint())
    }
  }
}

const ZERO_UUID = 'A'.repeat(22)

/** The 16 bytes of a topic id in Kafka's notation. */
export function uuidBytes(topicId: string): Buffer {
  const bytes = Buffer.from(topicId, 'base64url')
  if (bytes.length !== 16) {
    throw new KafkaError('INVALID_CONFIGURATION', `"${topicId}" is not a topic id`)
  }
  return bytes
}
