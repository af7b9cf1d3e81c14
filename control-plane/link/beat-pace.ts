/**
 * How often agents beat: as the settings say, or less often while this process has no time. Pure.
 *
 * BP1. Beat and lease are stretched together, and an agent is held to what it was told last.
 * BP2. Only a large fleet is slowed down: a small one's beats are no burden, and a dead agent among
 *      them is to be found out soon.
 */
import type { LinkSettings } from './link-settings.ts'

export type BeatTimes = Pick<LinkSettings, 'beatMs' | 'leaseMs'>

/** BP2. Their beats take a twentieth of a core. */
const AGENTS_MIN = 1_000
/** Fewer are a small fleet again: agents that come and go must not turn the pace each time. */
const AGENTS_KEPT_MIN = 800
const STRETCH = 3
/** Parts of the time. Between the two is room for the beats that are saved. */
const BUSY_FROM = 0.85
const EASY_BELOW = 0.45
/** A look counts for this part of what is believed: a busy second is no load yet. */
const SMOOTHING = 0.25

export class BeatPace {
  readonly #usual: BeatTimes
  readonly #stretched: BeatTimes
  #busy = 0
  #isStretched = false

  constructor({ beatMs, leaseMs }: BeatTimes) {
    this.#usual = { beatMs, leaseMs }
    this.#stretched = { beatMs: beatMs * STRETCH, leaseMs: leaseMs * STRETCH }
  }

  /** What agents are to be told. */
  get now(): BeatTimes {
    return this.#isStretched ? this.#stretched : this.#usual
  }

  /** What agents of an earlier process of this control plane may have been told. */
  toldBefore(agents: number): BeatTimes {
    return agents < AGENTS_MIN ? this.#usual : this.#stretched
  }

  /** Now and then: for which part (0 to 1) of the time since the last look this process had work to do. */
  look(agents: number, busy: number): void {
    this.#busy += (busy - this.#busy) * SMOOTHING
    if (agents < AGENTS_KEPT_MIN || this.#busy < EASY_BELOW) this.#isStretched = false // BP2
    else if (agents >= AGENTS_MIN && this.#busy >= BUSY_FROM) this.#isStretched = true
  }
}
