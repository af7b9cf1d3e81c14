/**
 * A limit of bytes a second: a bucket that may go into debt, so that a chunk of any size passes. The limit
 * can be changed at any time; whoever waits then waits by the new one from that moment on.
 */

export interface Clock {
  /** Milliseconds that only grow. */
  nowMs(): number
  /** Rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** What may pass at once after a pause. */
const BURST_MS = 250
/** Shorter waits are not worth a timer: the debt stays. */
const WAIT_MS_MIN = 0.5

export class Throttle {
  readonly #clock: Clock
  /** 0: no limit. */
  #bytesPerMs: number
  /** Of all bytes that were let pass while there was a limit; and how many of them time has paid for. */
  #total = 0
  #paid = 0
  #paidAtMs: number
  #rateChange = new AbortController()

  /** `bytesPerSecond` 0: no limit. */
  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#clock = clock
    this.#paidAtMs = clock.nowMs() - BURST_MS
  }

  /** Infinity: no limit. */
  get bytesPerSecond(): number {
    return this.#bytesPerMs === 0 ? Infinity : this.#bytesPerMs * 1000
  }

  /** 0: no limit. */
  setRate(bytesPerSecond: number): void {
    const bytesPerMs = bytesPerSecond / 1000
    if (bytesPerMs === this.#bytesPerMs) return
    this.#settle()
    this.#bytesPerMs = bytesPerMs
    if (bytesPerMs === 0) this.#paid = this.#total
    const change = this.#rateChange
    this.#rateChange = new AbortController()
    change.abort()
  }

  /** Resolves when `bytes` more may pass. */
  async pass(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerMs === 0) return
    this.#settle()
    this.#total += bytes
    const mark = this.#total
    for (;;) {
      const waitMs = this.#bytesPerMs === 0 ? 0 : (mark - this.#paid) / this.#bytesPerMs
      if (waitMs < WAIT_MS_MIN) return
      await this.#sleep(waitMs, signal)
      this.#settle()
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const change = this.#rateChange.signal
    try {
      await this.#clock.sleep(ms, AbortSignal.any([signal, change]))
    } catch (error) {
      if (signal.aborted || !change.aborted) throw error
    }
  }

  #settle(): void {
    const now = this.#clock.nowMs()
    const paid = this.#paid + (now - this.#paidAtMs) * this.#bytesPerMs
    this.#paid = Math.min(paid, this.#total + BURST_MS * this.#bytesPerMs)
    this.#paidAtMs = now
  }
}
