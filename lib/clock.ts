/** Time as an argument, so that tests drive it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for people and for the store, never for durations. */
  nowMs(): number
  /** Milliseconds that never go back, from an unnamed start: for durations and deadlines. */
  monotonicMs(): number
  /** Calls back once, after at least `delayMs`. Returns what cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** The machine's clock. Its timers keep the process alive until they have fired or are cancelled. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or at once (with false) when the signal aborts. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const onAbort = (): void => {
      cancel()
      resolve(false)
    }
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve(true)
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
