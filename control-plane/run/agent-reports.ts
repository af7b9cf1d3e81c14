/**
 * Takes in what agents report: finds the work that a report is about, and has it take effect. What comes
 * next, the coordinator decides.
 *
 * C1  A report counts only for the current attempt, and only from the agent that holds it.
 */
import type { Progress } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { ActiveRun } from './active-run.ts'
import type { AgentRequests } from './agent-requests.ts'
import type { ReadyAgent, ReconcileVerdict, WorkEvents, WorkRef } from './link-port.ts'
import type { LostWork } from './lost-work.ts'
import type { Queries } from './queries.ts'
import type { RunLog } from './run-log.ts'
import type { RunReports } from './run-reports.ts'
import type { FoundWork, RunTable } from './run-table.ts'
import type { RunWriter } from './run-writer.ts'
import { SliceReports } from './slice-reports.ts'
import { parseWorkId } from './work-id.ts'

/** Rejected work is offered again after this. */
const REJECTED_RETRY_MS = 500

export interface AgentReportsDeps {
  readonly runs: RunTable
  readonly writer: RunWriter
  readonly log: RunLog
  readonly queries: Queries
  readonly requests: AgentRequests
  readonly reports: RunReports
  readonly lost: LostWork
  readonly nowMs: () => number
  /** Somebody may be watching the run. */
  readonly onChange: (run: ActiveRun) => void
  /** C2 of coordinator.ts. Inside the run's `exclusive`. */
  readonly settle: (run: ActiveRun) => Promise<void>
  /** Hands out whatever can be. */
  readonly pump: () => void
}

export class AgentReports implements WorkEvents {
  readonly #deps: AgentReportsDeps
  readonly #slices: SliceReports

  constructor(deps: AgentReportsDeps) {
    this.#deps = deps
    this.#slices = new SliceReports(deps, deps.reports, deps.settle)
  }

  async reconcile(
    agentId: string,
    inflight: readonly WorkRef[],
    spooled: readonly WorkRef[],
  ): Promise<{ inflight: ReconcileVerdict[]; spooled: ReconcileVerdict[] }> {
    const verdicts = {
      inflight: await this.#deps.lost.judge(agentId, inflight, 'KEEP', 'STOP'),
      spooled: await this.#deps.lost.judge(agentId, spooled, 'SEND_RESULT', 'DROP_RESULT'),
    }
    const known = new Set([...inflight, ...spooled].map((ref) => `${ref.workId}#${ref.attempt}`))
    await this.#deps.lost.loseAll(agentId, 'the agent has restarted', ({ workId, attempt }) => {
      return !known.has(`${workId}#${attempt}`)
    })
    this.#deps.queries.agentHolds(agentId, known)
    this.#deps.requests.agentHolds(agentId, known)
    this.#deps.pump()
    return verdicts
  }

  agentReady(_agent: ReadyAgent): void {
    this.#deps.pump()
  }

  /** A3 of active-run.ts: nothing is written. */
  accepted(agentId: string, ref: WorkRef): Promise<void> {
    const work = this.#deps.runs.find(ref)
    if (work !== null && work.run.holderOf(work.sliceNo) === agentId) {
      work.run.refusal = null
      this.#deps.writer.accept(work.run, work.sliceNo, ref.attempt)
    }
    return Promise.resolve()
  }

  async rejected(agentId: string, ref: WorkRef, reason: string): Promise<void> {
    const id = parseWorkId(ref.workId)
    if (id?.kind === 'query') return this.#deps.queries.rejected(id.queryId)
    if (id?.kind === 'request') return this.#deps.requests.rejected(agentId, ref, reason)
    const work = this.#deps.runs.find(ref)
    if (work !== null) await this.#giveBack(work, agentId, ref, reason)
    this.#deps.pump()
  }

  async #giveBack(work: FoundWork, agentId: string, ref: WorkRef, reason: string): Promise<void> {
    const { run, sliceNo } = work
    const { attempt } = ref
    if (run.holderOf(sliceNo) === agentId) this.#refused(run, agentId, ref, reason)
    const retryAtMs = this.#deps.nowMs() + REJECTED_RETRY_MS
    if (sliceNo !== null) {
      return this.#slices.take(run, sliceNo, agentId, { kind: 'rejected', attempt, retryAtMs })
    }
    await run.exclusive(async () => {
      if (this.#deps.runs.find(ref) === null || run.holderOf(null) !== agentId) return
      await this.#deps.writer.applyRun(run, { type: 'stepLost', attempt, retryAtMs })
    })
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
    const run = this.#deps.runs.get(id.runId)
    const held = run?.slices.heldState(id.sliceNo)
    if (run === undefined || held?.agentId !== agentId) return
    if (held.attempt !== progress.attempt) return
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
    const work = this.#deps.runs.find(result)
    if (work?.sliceNo != null) {
      await this.#slices.take(work.run, work.sliceNo, agentId, { kind: 'result', result })
    } else if (work !== null) {
      const { run } = work
      await run.exclusive(async () => {
        if (this.#deps.runs.find(result) === null || run.holderOf(null) !== agentId) return
        await this.#deps.reports.step(run, agentId, result)
        await this.#deps.settle(run)
      })
    }
    this.#deps.pump()
  }

  async agentLost(agentId: string, why: string): Promise<void> {
    await this.#deps.lost.loseAll(agentId, why, () => true)
    this.#deps.queries.agentHolds(agentId, new Set())
    this.#deps.requests.agentHolds(agentId, new Set())
    this.#deps.pump()
  }
}
