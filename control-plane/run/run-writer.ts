/**
 * Carries a transition out: asks the pure machine, writes the store, then changes the run in memory
 * (A1). Every write is a fenced transaction: a control plane that another one has replaced cannot
 * change a run any more.
 */
import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { Database } from '../store/database.ts'
import { saveRun } from '../store/runs/save-run.ts'
import { saveSlice } from '../store/slices/save-slice.ts'
import type { ActiveRun, ActiveSlice, PinnedPlan } from './active-run.ts'
import { runStateColumns, sliceChange } from './run-record.ts'
import { isOver, nextRun, type RunEvent } from './run-state.ts'
import { nextSlice, type SliceEvent } from './slice-state.ts'

export interface RunWriterDeps {
  /** A transaction of the store's owner alone; see store/take-over.ts. */
  readonly transaction: <T>(work: (tx: Database) => Promise<T>) => Promise<T>
  readonly nowMs: () => number
  readonly onChange: (run: ActiveRun) => void
}

/** What a transition stores besides the state itself. */
export interface RunChanges {
  readonly pinned?: PinnedPlan
  readonly session?: OpenResult
  readonly slices?: ActiveSlice[]
  /** More statements of the same transaction. */
  readonly inTransaction?: (tx: Database) => Promise<void>
}

export class RunWriter {
  readonly #deps: RunWriterDeps

  constructor(deps: RunWriterDeps) {
    this.#deps = deps
  }

  /** False: the event does not concern the run as it is, and nothing changed. */
  async applyRun(run: ActiveRun, event: RunEvent, changes: RunChanges = {}): Promise<boolean> {
    const nowMs = this.#deps.nowMs()
    const next = nextRun(run.state, event, nowMs)
    if (next === null) return false
    const startedAtMs = run.startedAtMs ?? (next.name === 'waiting' ? null : nowMs)
    const finishedAtMs = run.finishedAtMs ?? (isOver(next) ? nowMs : null)
    const pinned = changes.pinned ?? run.pinned
    const session = changes.session ?? run.session
    const { rows, bytesRead, dirtyRecords } = run.totals()
    await this.#deps.transaction(async (tx) => {
      await saveRun(tx, {
        id: run.id,
        ...runStateColumns(next),
        plan: storedPlan(pinned),
        session,
        rows,
        bytesRead,
        dirtyRecords,
        startedAtMs,
        finishedAtMs,
      })
      await changes.inTransaction?.(tx)
    })
    run.state = next
    run.pinned = pinned
    run.session = session
    run.startedAtMs = startedAtMs
    run.finishedAtMs = finishedAtMs
    if (changes.slices !== undefined) run.slices = changes.slices
    this.#deps.onChange(run)
    return true
  }

  async applySlice(
    run: ActiveRun,
    sliceNo: number,
    event: SliceEvent,
    inTransaction?: (tx: Database) => Promise<void>,
  ): Promise<boolean> {
    const slice = run.slices[sliceNo]
    if (slice === undefined) return false
    const nowMs = this.#deps.nowMs()
    const next = nextSlice(slice.state, event, nowMs)
    if (next === null) return false
    await this.#deps.transaction(async (tx) => {
      await saveSlice(tx, sliceChange(run.id, sliceNo, next, nowMs))
      await inTransaction?.(tx)
    })
    slice.state = next
    if (next.name !== 'running' && next.name !== 'assigned') run.live.delete(sliceNo)
    this.#deps.onChange(run)
    return true
  }
}

/** Slices are rows of their own: the stored plan goes without them. */
function storedPlan(pinned: PinnedPlan | null): unknown {
  if (pinned === null) return null
  return { plan: { ...pinned.plan, slices: [] }, planResult: { ...pinned.planResult, ranges: [] } }
}
