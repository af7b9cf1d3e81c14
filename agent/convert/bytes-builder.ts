/**
 * A bytes column under construction.
 *
 * Its values point into the window's data as long as all of them lie there. The first value that lies
 * elsewhere (a number's text, an unescaped string) moves the column to an arena of its own, once a window.
 */
import type { BytesColumn } from '../../lib/column-batch.ts'
import { type TextSpans, WINDOW_ROWS_MAX } from './row-window.ts'

/** First size of an arena. It grows with the windows, which are bounded, and is kept. */
const ARENA_BYTES_MIN = 64 * 1024

export class BytesBuilder {
  readonly starts = new Int32Array(WINDOW_ROWS_MAX)
  readonly lengths = new Int32Array(WINDOW_ROWS_MAX)
  #data: Uint8Array = new Uint8Array(0)
  #arena: Uint8Array | null = null
  #used = 0
  /** Rows set so far: those that a move to the arena must take along. */
  #rows = 0
  #owned = false

  begin(data: Uint8Array): void {
    this.#data = data
    this.#used = 0
    this.#rows = 0
    this.#owned = false
  }

  column(): BytesColumn {
    return {
      kind: 'bytes',
      data: this.#owned ? this.#arena! : this.#data,
      starts: this.starts,
      lengths: this.lengths,
    }
  }

  /** Takes spans of the window's data for its first `count` rows as they are. Only right after `begin`. */
  setAll(spans: TextSpans, count: number): void {
    this.starts.set(spans.starts.subarray(0, count))
    this.lengths.set(spans.lengths.subarray(0, count))
    this.#rows = count
  }

  setNull(row: number): void {
    this.#reach(row)
    this.starts[row] = 0
    this.lengths[row] = -1
  }

  /** Points to the span, or copies it when it does not lie in the window's data. */
  set(row: number, data: Uint8Array, start: number, length: number): void {
    this.#reach(row)
    if (data === this.#data && !this.#owned) {
      this.starts[row] = start
    } else {
      const to = this.#reserve(length)
      copyBytes(data, start, length, this.#arena!, to)
      this.starts[row] = to
      this.#used = to + length
    }
    this.lengths[row] = length
  }

  /** ASCII text. */
  setAscii(row: number, text: string): void {
    this.#reach(row)
    const to = this.#reserve(text.length)
    const arena = this.#arena!
    for (let i = 0; i < text.length; i++) arena[to + i] = text.charCodeAt(i)
    this.starts[row] = to
    this.lengths[row] = text.length
    this.#used = to + text.length
  }

  move(from: number, to: number): void {
    this.starts[to] = this.starts[from]!
    this.lengths[to] = this.lengths[from]!
  }

  /** Rows are set in order, but dirty ones are left out: what stands there is of an earlier window. */
  #reach(row: number): void {
    for (let r = this.#rows; r <= row; r++) this.lengths[r] = -1
    if (row >= this.#rows) this.#rows = row + 1
  }

  /** Room in the arena; answers where it begins. */
  #reserve(length: number): number {
    if (!this.#owned) this.#moveToArena(length)
    const needed = this.#used + length
    if (needed > this.#arena!.length) {
      const larger = new Uint8Array(Math.max(needed, this.#arena!.length * 2))
      larger.set(this.#arena!.subarray(0, this.#used))
      this.#arena = larger
    }
    return this.#used
  }

  #moveToArena(extra: number): void {
    this.#owned = true
    let bytes = extra
    for (let r = 0; r < this.#rows; r++) bytes += Math.max(0, this.lengths[r]!)
    if (this.#arena === null || this.#arena.length < bytes) {
      this.#arena = new Uint8Array(Math.max(ARENA_BYTES_MIN, bytes))
    }
    for (let r = 0; r < this.#rows; r++) {
      const length = this.lengths[r]!
      if (length < 0) continue
      copyBytes(this.#data, this.starts[r]!, length, this.#arena, this.#used)
      this.starts[r] = this.#used
      this.#used += length
    }
  }
}

/** Below this a loop beats the call into native code. */
const COPY_LOOP_BYTES_MAX = 48

export function copyBytes(
  from: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
): void {
  if (length > COPY_LOOP_BYTES_MAX) to.set(from.subarray(start, start + length), at)
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
}
