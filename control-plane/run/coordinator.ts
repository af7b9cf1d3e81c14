/**
 * Drives every unfinished run: hands out its steps and slices, takes in what agents report, and
 * decides what comes next. All state is in the store (A1 of active-run.ts), so a coordinator that is
 * killed at any point is replaced by one that calls `recover`.
 *
 * C1  A report counts only for the current attempt, and only from the agent that holds it.
 * C2  Whatever should happen to a run follows from its stored state alone: `settle` can be called at
 *     any time and as often as one likes. Reports only make it happen sooner than the sweep.
 * C3  Work whose agent is lost goes back to pending; nobody else takes work away from an agent.
 */

import type { Progress } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { Database } from '../store/database.ts'
import type { ActiveRun } from './active-run.ts'
import type { AgentRequests } from './agent-requests.ts'
import { Dispatch, type DispatchDeps } from './dispatch.ts'
import { HandOut } from './hand-out.ts'
import { heldWork, type HeldWork } from './held-work.ts'
import type { AgentLink, ReadyAgent, ReconcileVerdict, WorkEvents, WorkRef } from './link-port.ts'
import { loadRuns } from './load-runs.ts'
import type { Queries } from './queries.ts'
import type { RunLog } from './run-log.ts'
import { RunReports } from './run-reports.ts'
import { isOver, stepOf } from './run-state.ts'
import type { RunStepsDeps } from './run-steps.ts'
import type { RunWriter } from './run-writer.ts'
import { nextSlice } from './slice-state.ts'
import type { WorkFailure } from './work-failure.ts'
import { parseWorkId } from './work-id.ts'

/** Rejected work is offered again after this. */
const REJECTED_RETRY_MS = 500

export interface CoordinatorDeps extends DispatchDeps {
  readonly db: Database
  readonly link: AgentLink
  readonly writer: RunWriter
  readonly log: RunLog
  readonly queries: Queries
  readonly requests: AgentRequests
  readonly makePlan: RunStepsDeps['makePlan']
  readonly nowMs: () => number
  /** Somebody may be watching the run. */
  readonly onChange: (run: ActiveRun) => void
  /** An error that no run can be blamed for: the store is gone, or owned by another process. */
  readonly onFatal: (error: unknown) => void
}

export class Coordinator implements WorkEvents {
  readonly #deps: CoordinatorDeps
  readonly #handOut: HandOut
  readonly #reports: RunReports
  readonly #runs = new Map<number, ActiveRun>()
  #pumping: Promise<void> | null = null
  #pumpAgain = false
  #stopped = false

  constructor(deps: CoordinatorDeps) {
    this.#deps = deps
    this.#handOut = new HandOut(new Dispatch(deps), deps.nowMs)
    this.#reports = new RunReports(deps)
  }

  /** At start, before any agent is let in. */
  async recover(): Promise<void> {
    for (const run of await loadRuns(this.#deps.db, this.#deps.jobs, null)) {
      this.#runs.set(run.id, run)
      this.#deps.log.run(run, 'info', `the control plane has restarted; the run goes on`)
    }
  }

  /** Of a run that was just stored. A run that stands in the store alone would block its job. */
  async add(runId: number): Promise<void> {
    const loading = loadRuns(this.#deps.db, this.#deps.jobs, runId)
    this.#guard(loading)
    const [run] = await loading
    if (run === undefined) return
    this.#runs.set(run.id, run)
    const { jobName, groupName } = run.identity
    const text = `started: job ${jobName} in resource group ${groupName}`
    this.#deps.log.run(run, 'info', text)
    this.pump()
  }

  find(runId: number): ActiveRun | null {
    return this.#runs.get(runId) ?? null
  }

  /** Called each second: what no report has set going. */
  sweep(): void {
    for (const run of this.#runs.values()) {
      this.#guard(run.exclusive(() => this.#giveUpLostWork(run)))
    }
    this.pump()
  }

  stop(): void {
    this.#stopped = true
  }

  /** Resolves when everything that was set going is done. */
  async idle(): Promise<void> {
    while (this.#pumping !== null) await this.#pumping
    for (const run of this.#runs.values()) await run.exclusive(async () => {})
  }

  /** False: the run cannot be killed any more (R3). */
  async kill(run: ActiveRun): Promise<boolean> {
    return run.exclusive(async () => {
      const killed = await this.#deps.writer.applyRun(run, { type: 'kill' })
      if (killed) {
        this.#deps.log.run(run, 'warn', 'killed by a user; nothing was written')
        this.#afterEnd(run)
      }
      return killed
    })
  }

  async resolveHeld(run: ActiveRun, outcome: 'committed' | 'notCommitted'): Promise<boolean> {
    return run.exclusive(async () => {
      if (run.state.name !== 'held') return false
      this.#deps.log.run(run, 'warn', `a user has decided: ${outcome}`)
      if (outcome === 'committed') await this.#reports.commitHeld(run)
      else {
        const message = 'the upload session was not committed, says a user who looked'
        await this.#reports.fail(run, 'NOT_COMMITTED', message)
      }
      this.#afterEnd(run)
      this.pump()
      return true
    })
  }

  // ---- WorkEvents --------------------------------------------------------------------------------

  async reconcile(
    agentId: string,
    inflight: readonly WorkRef[],
    spooled: readonly WorkRef[],
  ): Promise<{ inflight: ReconcileVerdict[]; spooled: ReconcileVerdict[] }> {
    const verdicts = {
      inflight: await this.#judge(agentId, inflight, 'KEEP', 'STOP'),
      spooled: await this.#judge(agentId, spooled, 'SEND_RESULT', 'DROP_RESULT'),
    }
    const known = new Set([...inflight, ...spooled].map((ref) => `${ref.workId}#${ref.attempt}`))
    for (const run of this.#runs.values()) {
      await run.exclusive(() =>
        this.#loseWork(run, 'the agent has restarted', (held) => {
          return held.agentId === agentId && !known.has(`${held.workId}#${held.attempt}`)
        }),
      )
    }
    this.#deps.queries.agentHolds(agentId, known)
    this.#deps.requests.agentHolds(agentId, known)
    this.pump()
    return verdicts
  }

  agentReady(_agent: ReadyAgent): void {
    this.pump()
  }

  async accepted(agentId: string, ref: WorkRef): Promise<void> {
    await this.#withWork(ref, async (run, sliceNo) => {
      if (this.#holder(run, sliceNo) !== agentId) return
      run.refusal = null
      const { attempt } = ref
      if (sliceNo === null) {
        await this.#deps.writer.applyRun(run, { type: 'stepAccepted', attempt })
      } else await this.#deps.writer.applySlice(run, sliceNo, { type: 'accepted', attempt })
    })
  }

  async rejected(agentId: string, ref: WorkRef, reason: string): Promise<void> {
    const id = parseWorkId(ref.workId)
    if (id?.kind === 'query') return this.#deps.queries.rejected(id.queryId)
    if (id?.kind === 'request') return this.#deps.requests.rejected(agentId, ref, reason)
    await this.#withWork(ref, async (run, sliceNo) => {
      if (this.#holder(run, sliceNo) !== agentId) return
      this.#refused(run, agentId, ref, reason)
      const { attempt } = ref
      const retryAtMs = this.#deps.nowMs() + REJECTED_RETRY_MS
      if (sliceNo === null) {
        await this.#deps.writer.applyRun(run, { type: 'stepLost', attempt, retryAtMs })
      } else {
        await this.#deps.writer.applySlice(run, sliceNo, { type: 'rejected', attempt, retryAtMs })
      }
    })
    this.pump()
  }

  /** The log hears of it once: what an agent refuses is offered again and again. */
  #refused(run: ActiveRun, agentId: string, ref: WorkRef, reason: string): void {
    const kind = reason.split(':', 1)[0]!
    const isKnown = run.refusal?.agentId === agentId && run.refusal.kind === kind
    run.refusal = { agentId, kind, reason }
    if (isKnown) return
    this.#deps.log.run(run, 'warn', `${ref.workId} was not taken (${reason}); offered again`)
  }

  progress(agentId: string, progress: Progress): void {
    const id = parseWorkId(progress.workId)
    if (id?.kind !== 'slice') return
    const run = this.#runs.get(id.runId)
    const slice = run?.slices[id.sliceNo]
    if (run === undefined || slice === undefined) return
    if (this.#holder(run, id.sliceNo) !== agentId || slice.state.attempt !== progress.attempt)
      return
    run.live.set(id.sliceNo, {
      attempt: progress.attempt,
      rows: progress.rows,
      bytesRead: progress.bytesRead,
      dirtyRecords: progress.dirtyRecords,
    })
    this.#deps.onChange(run)
  }

  bulk(_agentId: string, ref: WorkRef, bulkId: string, body: Uint8Array): void {
    this.#deps.queries.bulk(ref, bulkId, body)
  }

  async result(agentId: string, result: Result): Promise<void> {
    const id = parseWorkId(result.workId)
    if (id?.kind === 'query') {
      this.#deps.queries.result(id.queryId, agentId, result)
      return
    }
    if (id?.kind === 'request') return this.#deps.requests.result(agentId, result)
    await this.#withWork(result, async (run, sliceNo) => {
      if (this.#holder(run, sliceNo) !== agentId) return
      if (sliceNo === null) await this.#reports.step(run, agentId, result)
      else await this.#reports.slice(run, sliceNo, agentId, result)
      await this.#settle(run)
    })
    this.pump()
  }

  async agentLost(agentId: string, why: string): Promise<void> {
    for (const run of this.#runs.values()) {
      await run.exclusive(() => this.#loseWork(run, why, (held) => held.agentId === agentId))
    }
    this.#deps.queries.agentHolds(agentId, new Set())
    this.#deps.requests.agentHolds(agentId, new Set())
    this.pump()
  }

  /** C2. Inside the run's `exclusive`. */
  async #settle(run: ActiveRun): Promise<void> {
    await this.#reports.settle(run)
    if (isOver(run.state)) this.#afterEnd(run)
  }

  #afterEnd(run: ActiveRun): void {
    if (!isOver(run.state)) return
    if (run.state.name === 'failed') {
      this.#deps.log.run(
        run,
        'error',
        `failed: ${run.state.error.code}: ${run.state.error.message}`,
      )
    }
    this.#reports.cancelInFlight(run, `the run has ${run.state.name}`)
    if (run.finished) this.#runs.delete(run.id)
  }

  // ---- lost work ---------------------------------------------------------------------------------

  async #giveUpLostWork(run: ActiveRun): Promise<void> {
    const { link } = this.#deps
    await this.#loseWork(run, 'its agent is gone', (held) => link.isLost(held.agentId))
    await this.#settle(run)
  }

  /** C3. Inside the run's `exclusive`. */
  async #loseWork(run: ActiveRun, why: string, isLost: (held: HeldWork) => boolean): Promise<void> {
    for (const held of heldWork(run)) {
      if (!isLost(held)) continue
      const { attempt } = held
      this.#deps.log.run(run, 'warn', `${held.workId} attempt ${attempt} is lost: ${why}`)
      if (held.sliceNo === null) {
        const retryAtMs = this.#deps.nowMs()
        await this.#deps.writer.applyRun(run, { type: 'stepLost', attempt, retryAtMs })
        continue
      }
      const failure: WorkFailure = {
        code: 'AGENT_LOST',
        message: `the attempts of slice ${held.sliceNo} keep being lost with their agents: ${why}`,
        where: { agentId: held.agentId, slice: String(held.sliceNo) },
        cause: '',
        retry: 'BACKOFF',
        workId: held.workId,
        attempt,
        agentId: held.agentId,
        atMs: this.#deps.nowMs(),
      }
      await this.#deps.writer.applySlice(run, held.sliceNo, { type: 'lost', attempt, failure })
    }
  }

  async #judge(
    agentId: string,
    refs: readonly WorkRef[],
    current: ReconcileVerdict,
    stale: ReconcileVerdict,
  ): Promise<ReconcileVerdict[]> {
    const verdicts: ReconcileVerdict[] = []
    for (const ref of refs) {
      const id = parseWorkId(ref.workId)
      if (id?.kind === 'query') {
        verdicts.push(
          this.#deps.queries.isHeldBy(id.queryId, ref.attempt, agentId) ? current : stale,
        )
        continue
      }
      if (id?.kind === 'request') {
        verdicts.push(this.#deps.requests.isHeldBy(agentId, ref) ? current : stale)
        continue
      }
      let verdict = stale
      await this.#withWork(ref, async (run, sliceNo) => {
        if (isOver(run.state) && sliceNo !== null) return
        if (sliceNo !== null) await this.#adopt(run, sliceNo, ref.attempt, agentId)
        const held = heldWork(run).some(
          (work) =>
            work.agentId === agentId && work.workId === ref.workId && work.attempt === ref.attempt,
        )
        if (held) verdict = current
      })
      verdicts.push(verdict)
    }
    return verdicts
  }

  /** S4 of slice-state.ts. */
  async #adopt(run: ActiveRun, sliceNo: number, attempt: number, agentId: string): Promise<void> {
    const slice = run.slices[sliceNo]
    if (slice === undefined) return
    const event = { type: 'adopt', attempt, agentId } as const
    if (nextSlice(slice.state, event, this.#deps.nowMs()) === null) return
    this.#deps.log.run(run, 'info', `slice ${sliceNo}: its agent is back and goes on with it`)
    await this.#deps.writer.applySlice(run, sliceNo, event)
  }

  /** Hands out whatever can be; concurrent calls are folded into one more round. */
  pump(): void {
    if (this.#stopped) return
    if (this.#pumping !== null) {
      this.#pumpAgain = true
      return
    }
    this.#pumping = this.#pumpRound().finally(() => {
      this.#pumping = null
      if (!this.#pumpAgain) return
      this.#pumpAgain = false
      this.pump()
    })
    this.#guard(this.#pumping)
  }

  async #pumpRound(): Promise<void> {
    for (const run of this.#runs.values()) {
      if (run.state.name === 'waiting') await run.exclusive(() => this.#settle(run))
    }
    const runs = [...this.#runs.values()]
    const agents = this.#deps.link.readyAgents()
    for (const { run, message } of await this.#handOut.round(runs, agents)) {
      await run.exclusive(async () => {
        await this.#reports.undeliverable(run, message)
        this.#afterEnd(run)
      })
    }
    this.#deps.queries.pump(agents)
  }

  // ---- small things ------------------------------------------------------------------------------

  async #withWork(
    ref: WorkRef,
    work: (run: ActiveRun, sliceNo: number | null) => Promise<void>,
  ): Promise<void> {
    const id = parseWorkId(ref.workId)
    if (id === null || id.kind === 'query' || id.kind === 'request') return
    const run = this.#runs.get(id.runId)
    if (run === undefined) return
    const sliceNo = id.kind === 'slice' ? id.sliceNo : null
    await run.exclusive(async () => {
      if (id.kind === 'step' && stepOf(run.state)?.kind !== id.step) return
      await work(run, sliceNo)
    })
  }

  /** C1. null: nobody. */
  #holder(run: ActiveRun, sliceNo: number | null): string | null {
    if (sliceNo !== null) {
      const state = run.slices[sliceNo]?.state
      return state !== undefined && 'agentId' in state ? state.agentId : null
    }
    const holder = stepOf(run.state)?.holder
    return holder !== undefined && holder.name !== 'pending' ? holder.agentId : null
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#stopped) this.#deps.onFatal(error)
    })
  }
}
