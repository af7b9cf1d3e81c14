/** Rates over the last seconds of a counter that only grows. Pure: the time is an argument. */

export interface Rates {
  readonly rowsPerSecond: number
  readonly bytesPerSecond: number
}

interface Sample {
  readonly atMs: number
  readonly rows: number
  readonly bytes: number
}

/** Long enough to be steady, short enough to show a stall. */
export const RATE_WINDOW_MS = 5000
/** At 4 updates a second the window holds about 20; more only when the clock jumps. */
const SAMPLES_MAX = 64

export class RateWindow {
  #samples: Sample[] = []

  add(atMs: number, rows: number, bytes: number): Rates {
    const last = this.#samples.at(-1)
    // A slice that is tried again takes its rows back: start anew instead of a negative rate.
    if (last !== undefined && (rows < last.rows || bytes < last.bytes)) this.#samples = []
    this.#samples.push({ atMs, rows, bytes })
    while (
      this.#samples.length > 2 &&
      (this.#samples[1]!.atMs < atMs - RATE_WINDOW_MS || this.#samples.length > SAMPLES_MAX)
    ) {
      this.#samples.shift()
    }
    const first = this.#samples[0]!
    const seconds = (atMs - first.atMs) / 1000
    if (seconds <= 0) return { rowsPerSecond: 0, bytesPerSecond: 0 }
    return {
      rowsPerSecond: (rows - first.rows) / seconds,
      bytesPerSecond: (bytes - first.bytes) / seconds,
    }
  }
}
