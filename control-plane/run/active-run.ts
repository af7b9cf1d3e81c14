/**
 * A run that is not over, in memory: what the store says of it, plus live figures of its attempts.
 *
 * A1  The store is written first, memory after it; both change only inside `exclusive`, one piece
 *     of work after the other, so that no two decisions about a run are made at once.
 * A2  `live` holds figures of attempts that are in flight; it is never stored and decides nothing.
 */
import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PlanResult } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { Job, JobSecrets } from '../job/job.ts'
import type { PinnedRange, Plan } from '../plan/plan.ts'
import type { RunProgress } from './run-port.ts'
import type { RunSources } from './run-sources.ts'
import { isOver, type RunState } from './run-state.ts'
import type { SliceState } from './slice-state.ts'
import type { WorkFailure } from './work-failure.ts'

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

export interface ActiveSlice {
  readonly ranges: readonly PinnedRange[]
  state: SliceState
}

export interface RunIdentity {
  readonly id: number
  readonly jobId: number
  readonly jobName: string
  readonly groupId: number
  readonly groupName: string
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
  state: RunState
  pinned: PinnedPlan | null = null
  session: OpenResult | null = null
  slices: ActiveSlice[] = []
  readonly live = new Map<number, LiveFigures>()
  startedAtMs: number | null = null
  finishedAtMs: number | null = null
  waitingFor: string | null = null
  /** The last refusal by an agent, until one accepts. `kind` is its first word, such as NO_DISK. */
  refusal: { readonly agentId: string; readonly kind: string; readonly reason: string } | null =
    null
  /** The last failed attempt that is made again, until one succeeds. */
  lastFailure: WorkFailure | null = null
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
    this.state = state
  }

  get id(): number {
    return this.identity.id
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

  totals(): RunTotals {
    let rows = 0
    let bytesRead = 0
    let dirtyRecords = 0
    let dirtyRecordsStaged = 0
    let staged = 0
    let running = 0
    for (const [sliceNo, slice] of this.slices.entries()) {
      const figures = slice.state.name === 'staged' ? slice.state : this.#liveOf(sliceNo)
      if (slice.state.name === 'staged') staged += 1
      if (slice.state.name === 'assigned' || slice.state.name === 'running') running += 1
      if (figures === null) continue
      rows += figures.rows
      bytesRead += figures.bytesRead
      dirtyRecords += figures.dirtyRecords
      if (slice.state.name === 'staged') dirtyRecordsStaged += figures.dirtyRecords
    }
    return { rows, bytesRead, dirtyRecords, dirtyRecordsStaged, staged, running }
  }

  progress(agentName: (agentId: string) => string): RunProgress {
    const totals = this.totals()
    const agents = new Set<string>()
    for (const { state } of this.slices) {
      if (state.name === 'assigned' || state.name === 'running')
        agents.add(agentName(state.agentId))
    }
    return {
      runId: this.id,
      state: this.state.name,
      phase: this.state.name === 'running' ? this.state.phase : '',
      slicesTotal: this.slices.length,
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
      waitingFor: isOver(this.state) ? null : this.#whyNothingMoves(agentName),
    }
  }

  #whyNothingMoves(agentName: (agentId: string) => string): string | null {
    if (this.refusal !== null) {
      return `agent ${agentName(this.refusal.agentId)} takes no work: ${this.refusal.reason}`
    }
    if (this.waitingFor !== null || this.lastFailure === null) return this.waitingFor
    const { workId, attempt, code, message } = this.lastFailure
    return `${workId} is tried again after attempt ${attempt} failed: ${code}: ${message}`
  }

  #liveOf(sliceNo: number): LiveFigures | null {
    const live = this.live.get(sliceNo)
    return live !== undefined && live.attempt === this.slices[sliceNo]?.state.attempt ? live : null
  }
}
