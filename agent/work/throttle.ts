/** A limit of bytes a second: a bucket that may go into debt, so that a chunk of any size passes. */

export interface Clock {
  /** Milliseconds that only grow. */
  nowMs(): number
  /** Rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** What may pass at once after a pause. */
const BURST_MS = 250

export class Throttle {
  readonly #bytesPerMs: number
  readonly #clock: Clock
  /** Until then the bytes that have passed are paid for. */
  #paidUntilMs: number

  /** `bytesPerSecond` 0: no limit. */
  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#clock = clock
    this.#paidUntilMs = clock.nowMs() - BURST_MS
  }

  /** Resolves when `bytes` more may pass. */
  async pass(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerMs === 0) return
    const now = this.#clock.nowMs()
    this.#paidUntilMs = Math.max(this.#paidUntilMs, now - BURST_MS) + bytes / this.#bytesPerMs
    const debtMs = this.#paidUntilMs - now
    if (debtMs > 0) await this.#clock.sleep(debtMs, signal)
  }
}
