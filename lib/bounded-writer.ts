/** The half of a stream that this needs. */
export interface WritableSink<T> {
  /** False: do not write again before 'drain'. */
  write(item: T): unknown
  once(event: 'drain', listener: () => void): unknown
}

/**
 * Writes to a stream that may be slow, honouring its back-pressure: what the stream does not take
 * yet waits here, up to a bound in bytes. A single item larger than the bound passes when nothing
 * waits before it.
 */
export class BoundedWriter<T> {
  readonly #sink: WritableSink<T>
  readonly #sizeOf: (item: T) => number
  readonly #bytesMax: number
  readonly #waiting: { readonly item: T; readonly bytes: number }[] = []
  #waitingBytes = 0
  #blocked = false

  constructor(sink: WritableSink<T>, sizeOf: (item: T) => number, bytesMax: number) {
    this.#sink = sink
    this.#sizeOf = sizeOf
    this.#bytesMax = bytesMax
  }

  /** False: there is no room, and nothing was taken. */
  offer(item: T): boolean {
    if (!this.#blocked) {
      this.#write(item)
      return true
    }
    const bytes = this.#sizeOf(item)
    if (this.#waiting.length > 0 && this.#waitingBytes + bytes > this.#bytesMax) return false
    this.#waiting.push({ item, bytes })
    this.#waitingBytes += bytes
    return true
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** The stream takes more at once. */
  get isFlowing(): boolean {
    return !this.#blocked
  }

  #write(item: T): void {
    if (this.#sink.write(item) !== false) return
    this.#blocked = true
    this.#sink.once('drain', () => this.#resume())
  }

  #resume(): void {
    this.#blocked = false
    while (!this.#blocked) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#waitingBytes -= next.bytes
      this.#write(next.item)
    }
  }
}
