/**
 * How many Hellos are worked on at once, when a whole fleet comes back.
 *
 * AG1. At most `insideMax` are being admitted: batches of the store stay full and nothing else waits
 *      long for it. The others wait in the order in which they came.
 * AG2. Of those that wait there are at most `waitingMax`: more are sent away at once, each with a time
 *      of its own to come back, so that they arrive at the rate at which they can be served.
 */
const INSIDE_MAX = 200
/** Served well before an agent gives up waiting for its Welcome (30 s). */
const WAITING_MAX = 10_000
/** What a control plane on two cores admits. */
const ADMISSIONS_PER_SECOND = 500

export class AdmissionGate {
  readonly #random: () => number
  readonly #insideMax: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #inside = 0
  #sentAway = 0
  #arrivals = 0

  constructor(random: () => number, insideMax = INSIDE_MAX, waitingMax = WAITING_MAX) {
    this.#random = random
    this.#insideMax = insideMax
    this.#waitingMax = waitingMax
  }

  /** Hellos since the start. */
  get arrivals(): number {
    return this.#arrivals
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** True: whoever called is inside, and calls `leave` once. False: send it away (AG2). */
  async enter(): Promise<boolean> {
    this.#arrivals += 1
    if (this.#inside < this.#insideMax) {
      this.#inside += 1
      return true
    }
    if (this.#waiting.length >= this.#waitingMax) return false
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return true // the place of the one that left
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next !== undefined) return next()
    this.#inside -= 1
    if (this.#inside === 0) this.#sentAway = 0
  }

  /** When one that is sent away may come back: after those that wait and were sent away before. */
  comeBackMs(): number {
    this.#sentAway += 1
    const backlog = this.#waiting.length + this.#sentAway
    return Math.round((backlog / ADMISSIONS_PER_SECOND) * 1000 * (0.75 + this.#random() / 2))
  }
}
