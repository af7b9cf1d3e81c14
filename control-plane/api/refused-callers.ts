/**
 * Callers that were refused, as audit events: the first few of a minute and a peer one by one, the
 * others as a count. Pure; the caller brings the time.
 */
export const REFUSALS_TOLD_PER_MINUTE = 5
/** Peers counted at once; when there are more the oldest one's minute ends early. */
const PEERS_MAX = 1_000
const MINUTE_MS = 60_000

export interface CountedRefusals {
  readonly peer: string
  readonly count: number
}

export class RefusedCallers {
  /** By peer, the minute that began first first. */
  readonly #minutes = new Map<string, { readonly startMs: number; count: number }>()

  /** True: tell of this refusal by itself. */
  refused(peer: string, nowMs: number): boolean {
    const minute = this.#minutes.get(peer) ?? { startMs: nowMs, count: 0 }
    this.#minutes.set(peer, minute)
    minute.count += 1
    return minute.count <= REFUSALS_TOLD_PER_MINUTE
  }

  /** Minutes that are over, with what was not told by itself. Call it at each request. */
  takeOver(nowMs: number): CountedRefusals[] {
    const over: CountedRefusals[] = []
    for (const [peer, { startMs, count }] of this.#minutes) {
      const isOver = nowMs - startMs >= MINUTE_MS || this.#minutes.size > PEERS_MAX
      if (!isOver) break
      this.#minutes.delete(peer)
      const untold = count - REFUSALS_TOLD_PER_MINUTE
      if (untold > 0) over.push({ peer, count: untold })
    }
    return over
  }
}
