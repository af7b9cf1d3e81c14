/**
 * The slices of one run in memory, and what hand-out, progress and settling ask of them at every turn,
 * kept up to date change by change: a run may have 20,000 slices, and nothing here scans them.
 *
 * B1  Every counter and index is what a scan of all slices would find.
 * B2  A slice is due once: in `#ready` when its wait is over, in `#later` until then. Entries of
 *     `#ready` whose slice is pending no more are dropped when they come up.
 */
import { Heap } from '../../lib/heap.ts'
import type { PinnedRange } from '../plan/plan.ts'
import { isDue } from './retry.ts'
import type { SliceState } from './slice-state.ts'

export interface ActiveSlice {
  readonly ranges: readonly PinnedRange[]
  readonly state: SliceState
}

/** A slice that may be handed out now. */
export interface DueSlice {
  readonly sliceNo: number
  /** The agent on which the last attempt failed or was lost: others are preferred. */
  readonly avoidAgentId: string | null
}

export interface StagedTotals {
  readonly slices: number
  readonly rows: number
  readonly bytesRead: number
  readonly dirtyRecords: number
}

export type HeldState = Extract<SliceState, { name: 'assigned' | 'running' }>

/** Told of each slice that an agent gets (`after`) or no longer has (`before`). */
export type HeldListener = (
  sliceNo: number,
  before: HeldState | null,
  after: HeldState | null,
) => void

export class SliceBoard {
  #slices: ActiveSlice[] = []
  readonly #held = new Set<number>()
  readonly #failed = new Set<number>()
  #ready = new Heap<number>((a, b) => a < b)
  /** What is in `#ready`. */
  readonly #queued = new Set<number>()
  /** Slice number → when its wait is over. */
  readonly #later = new Map<number, number>()
  /** No wait ends before it. */
  #nextDueMs = Infinity
  #promotedAtMs = Infinity
  #staged = { slices: 0, rows: 0, bytesRead: 0, dirtyRecords: 0 }
  #onHeld: HeldListener = () => {}

  get size(): number {
    return this.#slices.length
  }

  get all(): readonly ActiveSlice[] {
    return this.#slices
  }

  /** Assigned or running. */
  get held(): ReadonlySet<number> {
    return this.#held
  }

  get staged(): StagedTotals {
    return this.#staged
  }

  /** One that has failed for good; null: none has. */
  get failed(): Extract<SliceState, { name: 'failed' }> | null {
    for (const sliceNo of this.#failed) {
      const state = this.#slices[sliceNo]?.state
      if (state?.name === 'failed') return state
    }
    return null
  }

  /** Slices that wait for a back-off to be over, and when the first one is; null: none waits. */
  get waiting(): { readonly slices: number; readonly untilMs: number } | null {
    if (this.#later.size === 0) return null
    return { slices: this.#later.size, untilMs: Math.min(...this.#later.values()) }
  }

  get(sliceNo: number): ActiveSlice | undefined {
    return this.#slices[sliceNo]
  }

  /** null: nobody has it. */
  heldState(sliceNo: number): HeldState | null {
    return heldStateOf(this.#slices[sliceNo]?.state)
  }

  /** Hears at once of all that are held now. */
  listen(listener: HeldListener): void {
    this.#onHeld = listener
    for (const sliceNo of this.#held) listener(sliceNo, null, this.heldState(sliceNo))
  }

  replaceAll(slices: readonly ActiveSlice[]): void {
    for (const sliceNo of this.#held) this.#onHeld(sliceNo, this.heldState(sliceNo), null)
    this.#slices = [...slices]
    this.#held.clear()
    this.#failed.clear()
    this.#queued.clear()
    this.#later.clear()
    this.#nextDueMs = Infinity
    this.#promotedAtMs = Infinity
    this.#ready = new Heap<number>((a, b) => a < b)
    this.#staged = { slices: 0, rows: 0, bytesRead: 0, dirtyRecords: 0 }
    for (const [sliceNo, { state }] of slices.entries()) this.#enter(sliceNo, state)
  }

  set(sliceNo: number, state: SliceState): void {
    const slice = this.#slices[sliceNo]
    if (slice === undefined) throw new RangeError(`there is no slice ${sliceNo}`)
    this.#leave(sliceNo, slice.state)
    this.#slices[sliceNo] = { ranges: slice.ranges, state }
    this.#enter(sliceNo, state)
  }

  /** The first by number of those that may be handed out now; they stay pending. */
  due(count: number, nowMs: number): DueSlice[] {
    this.#promote(nowMs)
    const due: DueSlice[] = []
    while (due.length < count) {
      const sliceNo = this.#ready.pop()
      if (sliceNo === undefined) break
      this.#queued.delete(sliceNo)
      const state = this.#slices[sliceNo]?.state
      if (state?.name !== 'pending' || this.#later.has(sliceNo)) continue // B2
      due.push({ sliceNo, avoidAgentId: state.error?.agentId ?? null })
    }
    for (const { sliceNo } of due) this.#makeReady(sliceNo)
    return due
  }

  #promote(nowMs: number): void {
    // A clock that was set back makes waits look longer than any is: see isDue.
    if (nowMs < this.#nextDueMs && nowMs >= this.#promotedAtMs) return
    this.#promotedAtMs = nowMs
    this.#nextDueMs = Infinity
    for (const [sliceNo, retryAtMs] of this.#later) {
      if (isDue(retryAtMs, nowMs)) {
        this.#later.delete(sliceNo)
        this.#makeReady(sliceNo)
      } else this.#nextDueMs = Math.min(this.#nextDueMs, retryAtMs)
    }
  }

  #makeReady(sliceNo: number): void {
    if (this.#queued.has(sliceNo)) return
    this.#queued.add(sliceNo)
    this.#ready.push(sliceNo)
  }

  #enter(sliceNo: number, state: SliceState): void {
    switch (state.name) {
      case 'pending':
        if (state.retryAtMs === 0) return this.#makeReady(sliceNo)
        this.#later.set(sliceNo, state.retryAtMs)
        this.#nextDueMs = Math.min(this.#nextDueMs, state.retryAtMs)
        return
      case 'assigned':
      case 'running':
        this.#held.add(sliceNo)
        return this.#onHeld(sliceNo, null, state)
      case 'staged':
        return this.#count(state, 1)
      case 'failed':
        this.#failed.add(sliceNo)
    }
  }

  #leave(sliceNo: number, state: SliceState): void {
    this.#later.delete(sliceNo)
    this.#failed.delete(sliceNo)
    if (state.name === 'staged') this.#count(state, -1)
    if (this.#held.delete(sliceNo)) this.#onHeld(sliceNo, heldStateOf(state), null)
  }

  #count(state: Extract<SliceState, { name: 'staged' }>, sign: 1 | -1): void {
    const { slices, rows, bytesRead, dirtyRecords } = this.#staged
    this.#staged = {
      slices: slices + sign,
      rows: rows + sign * state.rows,
      bytesRead: bytesRead + sign * state.bytesRead,
      dirtyRecords: dirtyRecords + sign * state.dirtyRecords,
    }
  }
}

function heldStateOf(state: SliceState | undefined): HeldState | null {
  return state?.name === 'assigned' || state?.name === 'running' ? state : null
}
