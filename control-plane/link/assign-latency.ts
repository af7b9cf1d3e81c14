/**
 * How long ready slices wait: from the moment at which the control plane hears of the end of a run's
 * slice, which makes room for the next one, to the moment at which the next one's Accept is stored.
 * In between are: the result's and the assignment's writes, the hand-out, the way to the agent and
 * back, the accept's write. Work that did not wait for room counts from its Assign.
 *
 * Figures for people; nothing is decided by them.
 */
const SLICE = /^(run-\d+)\/slice-/
/** Of the newest assignments. */
const SAMPLES_MAX = 65_536
const WINDOW_MS = 10_000
/** Runs with room that nobody has taken; ends that wait for a next slice, of one run. */
const RUNS_MAX = 1_000
const ENDS_MAX = 20_000
const IN_FLIGHT_MAX = 100_000

export interface AssignFigures {
  /** Accepted in the last ten seconds. */
  readonly accepted: number
  /** null: none was. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export class AssignLatency {
  /** Times at which slices of a run ended, oldest first. */
  readonly #ends = new Map<string, number[]>()
  /** Since when the next one waits, by work; what was given back stays until it is the oldest. */
  readonly #readySinceMs = new Map<string, number>()
  readonly #atMs = new Float64Array(SAMPLES_MAX)
  readonly #tookMs = new Float64Array(SAMPLES_MAX)
  #samples = 0

  ended(workId: string, nowMs: number): void {
    const run = SLICE.exec(workId)?.[1]
    if (run === undefined) return
    this.#readySinceMs.delete(workId)
    let ends = this.#ends.get(run)
    if (ends === undefined) {
      const oldest = this.#ends.keys().next()
      if (this.#ends.size >= RUNS_MAX && oldest.done !== true) this.#ends.delete(oldest.value)
      ends = []
      this.#ends.set(run, ends)
    }
    if (ends.length < ENDS_MAX) ends.push(nowMs)
  }

  assigned(workId: string, nowMs: number): void {
    const run = SLICE.exec(workId)?.[1]
    if (run === undefined) return
    const oldest = this.#readySinceMs.keys().next()
    if (this.#readySinceMs.size >= IN_FLIGHT_MAX && oldest.done !== true) {
      this.#readySinceMs.delete(oldest.value)
    }
    this.#readySinceMs.set(workId, this.#ends.get(run)?.shift() ?? nowMs)
  }

  accepted(workId: string, nowMs: number): void {
    const since = this.#readySinceMs.get(workId)
    if (since === undefined) return
    this.#readySinceMs.delete(workId)
    const at = this.#samples % SAMPLES_MAX
    this.#atMs[at] = nowMs
    this.#tookMs[at] = nowMs - since
    this.#samples += 1
  }

  figures(nowMs: number): AssignFigures {
    const kept = Math.min(this.#samples, SAMPLES_MAX)
    const took = this.#tookMs
      .subarray(0, kept)
      .filter((_, at) => this.#atMs[at]! >= nowMs - WINDOW_MS)
      .sort()
    const accepted = took.length
    const share = (part: number): number | null =>
      accepted === 0 ? null : took[Math.min(accepted - 1, Math.floor(accepted * part))]!
    return { accepted, p50Ms: share(0.5), p99Ms: share(0.99) }
  }
}
