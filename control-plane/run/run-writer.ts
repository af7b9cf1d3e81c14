/**
 * Carries a transition out: asks the pure machine, writes the store, then changes the run in memory
 * (A1). Every write is a fenced transaction, which writes of other runs may share: a control plane that
 * another one has replaced cannot change a run any more.
 */
import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { Database } from '../store/database.ts'
import { saveRun } from '../store/runs/save-run.ts'
import type { ActiveRun, PinnedPlan } from './active-run.ts'
import type { GroupCommit } from './group-commit.ts'
import { runStateColumns, sliceChange } from './run-record.ts'
import { isOver, nextRun, type RunEvent } from './run-state.ts'
import type { ActiveSlice } from './slice-board.ts'
import { nextSlice, type SliceEvent, type SliceState } from './slice-state.ts'

export interface RunWriterDeps {
  readonly commit: GroupCommit
  readonly nowMs: () => number
  readonly onChange: (run: ActiveRun) => void
}

/** What a transition stores besides the state itself. */
export interface RunChanges {
  readonly pinned?: PinnedPlan
  readonly session?: OpenResult
  readonly slices?: readonly ActiveSlice[]
  /** More statements of the same transaction. */
  readonly inTransaction?: (tx: Database) => Promise<void>
}

export interface SliceTransition {
  readonly sliceNo: number
  readonly event: SliceEvent
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
    const { rows, bytesRead, dirtyRecords } = run.totals()
    await this.#deps.commit.write({
      slices: [],
      work: async (tx) => {
        await saveRun(tx, {
          id: run.id,
          ...runStateColumns(next),
          plan: changes.pinned === undefined ? null : storedPlan(changes.pinned),
          session: changes.session ?? null,
          rows,
          bytesRead,
          dirtyRecords,
          startedAtMs,
          finishedAtMs,
        })
        await changes.inTransaction?.(tx)
      },
    })
    run.state = next
    run.pinned = changes.pinned ?? run.pinned
    run.session = changes.session ?? run.session
    run.startedAtMs = startedAtMs
    run.finishedAtMs = finishedAtMs
    if (changes.slices !== undefined) run.slices.replaceAll(changes.slices)
    this.#deps.onChange(run)
    return true
  }

  /**
   * Transitions of a run's slices, in their order, in one write. Of each: false when its event did
   * not concern the slice as it then was.
   */
  async applySlices(run: ActiveRun, transitions: readonly SliceTransition[]): Promise<boolean[]> {
    const nowMs = this.#deps.nowMs()
    const changed = new Map<number, SliceState>()
    const more: ((tx: Database) => Promise<void>)[] = []
    const applied = transitions.map(({ sliceNo, event, inTransaction }) => {
      const state = changed.get(sliceNo) ?? run.slices.get(sliceNo)?.state
      const next = state === undefined ? null : nextSlice(state, event, nowMs)
      if (next === null) return false
      changed.set(sliceNo, next)
      if (inTransaction !== undefined) more.push(inTransaction)
      return true
    })
    if (changed.size === 0) return applied
    const doMore = async (tx: Database): Promise<void> => {
      for (const one of more) await one(tx)
    }
    await this.#deps.commit.write({
      slices: [...changed].map(([no, state]) => sliceChange(run.id, no, state, nowMs)),
      work: more.length === 0 ? null : doMore,
    })
    for (const [sliceNo, state] of changed) {
      run.slices.set(sliceNo, state)
      if (state.name !== 'running' && state.name !== 'assigned') run.live.delete(sliceNo)
    }
    this.#deps.onChange(run)
    return applied
  }

  /** A3: of a step (`sliceNo` null) or a slice. */
  accept(run: ActiveRun, sliceNo: number | null, attempt: number): void {
    const nowMs = this.#deps.nowMs()
    if (sliceNo === null) {
      const next = nextRun(run.state, { type: 'stepAccepted', attempt }, nowMs)
      if (next === null) return
      run.state = next
    } else {
      const slice = run.slices.get(sliceNo)
      const next = slice && nextSlice(slice.state, { type: 'accepted', attempt }, nowMs)
      if (!next) return
      run.slices.set(sliceNo, next)
    }
    this.#deps.onChange(run)
  }
}

/** Slices are rows of their own: the stored plan goes without them. */
function storedPlan(pinned: PinnedPlan): unknown {
  return { plan: { ...pinned.plan, slices: [] }, planResult: { ...pinned.planResult, ranges: [] } }
}
