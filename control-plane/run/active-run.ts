/**
 * A run that is not over, in memory: what the store says of it, plus live figures of its attempts.
 *
 * A1  The store is written first, memory after it; both change only inside `exclusive`, one piece
 *     of work after the other, so that no two decisions about a run are made at once.
 * A2  `live` holds figures of attempts that are in flight; it is never stored and decides nothing.
 * A3  That an agent has accepted is A1's one exception: it is in memory alone. `assigned` and `running`
 *     (of a step: `accepted`) are the same to every transition, to C1 and to reconcile, which compare agent
 *     and attempt only; after a new start the next Hello says what runs.
 */
import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PlanResult } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { Job, JobSecrets } from '../job/job.ts'
import type { Plan } from '../plan/plan.ts'
import type { HeldWork, HeldWorkIndex } from './held-work.ts'
import type { RunProgress } from './run-port.ts'
import type { RunSources } from './run-sources.ts'
import { isOver, type RunState, stepOf } from './run-state.ts'
import { type HeldState, SliceBoard } from './slice-board.ts'
import type { SliceReport } from './slice-reports.ts'
import type { WorkFailure } from './work-failure.ts'
import { sliceWorkId, stepWorkId } from './work-id.ts'

export interface LiveFigures {
  readonly attempt: number
  readonly rows: number
  readonly bytesRead: number
  readonly dirtyRecords: number
}

/** The plan as it is stored with the run; its slices are rows of their own. */
export interface PinnedPlan {
  readonly plan: Plan
  readonly planResult: PlanResult
}

export interface RunIdentity {
  readonly id: number
  readonly jobId: number
  readonly jobName: string
  readonly groupId: number
  readonly groupName: string
  /** 1 to 8; larger goes first. */
  readonly priority: number
  /** Name of the API token that started it. */
  readonly owner: string
  readonly createdAtMs: number
}

export interface RunTotals {
  readonly rows: number
  readonly bytesRead: number
  readonly dirtyRecords: number
  /** Of staged slices: those that were kept of them can be seen. */
  readonly dirtyRecordsStaged: number
  readonly staged: number
  readonly running: number
}

export class ActiveRun {
  readonly identity: RunIdentity
  readonly job: Job
  readonly jobSecrets: JobSecrets
  readonly sources: RunSources
  pinned: PinnedPlan | null = null
  session: OpenResult | null = null
  readonly slices = new SliceBoard()
  readonly live = new Map<number, LiveFigures>()
  /** Reports of slices that wait to be taken in together. Bounded by what is held: one each, or a few. */
  readonly inbox: SliceReport[] = []
  startedAtMs: number | null = null
  finishedAtMs: number | null = null
  /** Hand-out has planned something for it that is not stored and sent yet. */
  isHandingOut = false
  /** The last refusal by an agent, until one accepts. `kind` is its first word, such as NO_DISK. */
  refusal: { readonly agentId: string; readonly kind: string; readonly reason: string } | null =
    null
  /** The last failed attempt that is made again, until one succeeds. */
  lastFailure: WorkFailure | null = null
  #state: RunState
  #index: HeldWorkIndex | null = null
  #tail: Promise<unknown> = Promise.resolve()

  constructor(
    identity: RunIdentity,
    job: Job,
    jobSecrets: JobSecrets,
    sources: RunSources,
    state: RunState,
  ) {
    this.identity = identity
    this.job = job
    this.jobSecrets = jobSecrets
    this.sources = sources
    this.#state = state
  }

  get id(): number {
    return this.identity.id
  }

  get state(): RunState {
    return this.#state
  }

  set state(next: RunState) {
    const before = this.heldStep
    this.#state = next
    if (before !== null) this.#index?.remove(before)
    const after = this.heldStep
    if (after !== null) this.#index?.add(after)
  }

  /** Data sources that have a name: what agents must be able to reach. */
  get datasourceNames(): readonly string[] {
    const { kafka, maxCompute } = this.sources
    return [kafka.datasource, maxCompute.datasource].filter((name) => name !== null)
  }

  /** A1. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Nothing is left to do, not even a publish step. */
  get finished(): boolean {
    return isOver(this.state) && !('step' in this.state && this.state.step !== null)
  }

  /** From now on the index knows what agents hold of this run. */
  attach(index: HeldWorkIndex): void {
    this.#index = index
    if (this.heldStep !== null) index.add(this.heldStep)
    this.slices.listen((sliceNo, before, after) => {
      if (before !== null) this.#index?.remove(this.#heldSlice(sliceNo, before))
      if (after !== null) this.#index?.add(this.#heldSlice(sliceNo, after))
    })
  }

  detach(): void {
    for (const held of this.heldWork()) this.#index?.remove(held)
    this.#index = null
  }

  get heldStep(): HeldWork | null {
    const step = stepOf(this.#state)
    if (step === null || step.holder.name === 'pending') return null
    const { groupId } = this.identity
    const { agentId } = step.holder
    const workId = stepWorkId(this.id, step.kind)
    return { runId: this.id, groupId, workId, attempt: step.attempt, agentId, sliceNo: null }
  }

  /** Everything that agents hold of the run. */
  heldWork(): HeldWork[] {
    const step = this.heldStep
    const held = step === null ? [] : [step]
    for (const sliceNo of this.slices.held) {
      held.push(this.#heldSlice(sliceNo, this.slices.heldState(sliceNo)!))
    }
    return held
  }

  #heldSlice(sliceNo: number, { agentId, attempt }: HeldState): HeldWork {
    const workId = sliceWorkId(this.id, sliceNo)
    const { groupId } = this.identity
    return { runId: this.id, groupId, workId, attempt, agentId, sliceNo }
  }

  /** C1 of agent-reports.ts. `sliceNo` null: of the step. null: nobody. */
  holderOf(sliceNo: number | null): string | null {
    const held = sliceNo === null ? this.heldStep : this.slices.heldState(sliceNo)
    return held?.agentId ?? null
  }

  isHeldBy(sliceNo: number | null, agentId: string, attempt: number): boolean {
    const held = sliceNo === null ? this.heldStep : this.slices.heldState(sliceNo)
    return held?.agentId === agentId && held.attempt === attempt
  }

  totals(): RunTotals {
    const { staged, held } = this.slices
    let { rows, bytesRead, dirtyRecords } = staged
    for (const [sliceNo, live] of this.live) {
      if (this.slices.heldState(sliceNo)?.attempt !== live.attempt) continue
      rows += live.rows
      bytesRead += live.bytesRead
      dirtyRecords += live.dirtyRecords
    }
    const { dirtyRecords: dirtyRecordsStaged, slices } = staged
    return { rows, bytesRead, dirtyRecords, dirtyRecordsStaged, staged: slices, running: held.size }
  }

  progress(agentName: (agentId: string) => string, waitingFor: string | null): RunProgress {
    const totals = this.totals()
    const agents = new Set<string>()
    for (const sliceNo of this.slices.held) {
      agents.add(agentName(this.slices.heldState(sliceNo)!.agentId))
    }
    return {
      runId: this.id,
      state: this.state.name,
      phase: this.state.name === 'running' ? this.state.phase : '',
      slicesTotal: this.slices.size,
      slicesStaged: totals.staged,
      slicesRunning: totals.running,
      rows: totals.rows,
      rowsExpected: this.pinned?.plan.offsetCount ?? 0,
      bytesRead: totals.bytesRead,
      dirtyRecords: totals.dirtyRecords,
      agents: [...agents].sort(),
      startedAtMs: this.startedAtMs,
      finishedAtMs: this.finishedAtMs,
      error: this.state.name === 'failed' ? this.state.error : null,
      waitingFor,
    }
  }
}
