/** Between instants and the wall clock of one time zone. */
import { IANAZone } from 'luxon'

/** Offsets change on quarter hours since 1972, so one look-up serves all instants of a quarter. */
const QUARTER_MS = 15 * 60 * 1000
const QUARTERS_SINCE_MS = Date.UTC(1972, 0, 1)
const CACHE_ENTRIES_MAX = 4_096

export class TimeZone {
  readonly name: string
  readonly #zone: IANAZone
  readonly #offsets = new Map<number, number>()

  /** Throws a RangeError for a name that the host's time zone data does not have. */
  constructor(name: string) {
    this.#zone = IANAZone.create(name)
    if (!this.#zone.isValid) throw new RangeError(`"${name}" is not an IANA time zone`)
    this.name = name
  }

  /** What the wall clock shows at an instant, as if it were UTC. */
  wallOfInstant(epochMs: number): number {
    return epochMs + this.#offsetMs(epochMs)
  }

  /**
   * The instant at which the wall clock shows `wallMs` (given as if it were UTC). A time that a
   * change of the clock skips is moved forward by the gap; of one that occurs twice, the first.
   */
  instantOfWall(wallMs: number): number {
    const before = this.#offsetMs(wallMs - DAY_MS)
    const first = wallMs - before
    if (this.#offsetMs(first) === before) return first
    const after = this.#offsetMs(wallMs + DAY_MS)
    const second = wallMs - after
    if (this.#offsetMs(second) === after) return second
    return wallMs - before
  }

  #offsetMs(epochMs: number): number {
    if (epochMs < QUARTERS_SINCE_MS) return Math.round(this.#zone.offset(epochMs) * 60_000)
    const quarter = Math.floor(epochMs / QUARTER_MS)
    const known = this.#offsets.get(quarter)
    if (known !== undefined) return known
    const offsetMs = Math.round(this.#zone.offset(epochMs) * 60_000)
    if (this.#offsets.size >= CACHE_ENTRIES_MAX) this.#offsets.clear()
    this.#offsets.set(quarter, offsetMs)
    return offsetMs
  }
}

const DAY_MS = 24 * 60 * 60 * 1000
