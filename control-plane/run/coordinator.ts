/**
 * Drives every unfinished run: hands out its steps and slices, and decides what comes next. What agents
 * report, `events` takes in (C1 of agent-reports.ts). All state is in the store (A1 of active-run.ts), so
 * a coordinator that is killed at any point is replaced by one that calls `recover`.
 *
 * C2  Whatever should happen to a run follows from its stored state alone: `settle` can be called at
 *     any time and as often as one likes. Reports only make it happen sooner than the sweep.
 */

import type { Database } from '../store/database.ts'
import { endUnreadableRun } from '../store/runs/end-unreadable-run.ts'
import type { ActiveRun } from './active-run.ts'
import { AgentReports } from './agent-reports.ts'
import type { AgentRequests } from './agent-requests.ts'
import type { ConnectivityGate } from './connectivity-port.ts'
import { Dispatch } from './dispatch.ts'
import type { GroupCommit } from './group-commit.ts'
import type { GroupPolicies } from './group-policies.ts'
import { HandOut } from './hand-out.ts'
import type { JobSource } from './job-source.ts'
import type { AgentLink, WorkEvents } from './link-port.ts'
import { loadRuns } from './load-runs.ts'
import { LostWork } from './lost-work.ts'
import type { Queries } from './queries.ts'
import type { RunLog } from './run-log.ts'
import { RunReports } from './run-reports.ts'
import { isOver } from './run-state.ts'
import type { RunStepsDeps } from './run-steps.ts'
import { RunTable } from './run-table.ts'
import type { RunWriter } from './run-writer.ts'
import { SpeedLimits } from './speed-limits.ts'
import { DataSourceGoneError } from './stored-jobs.ts'
import { endOfUnreadable } from './unreadable-run.ts'

/**
 * Rounds of hand-out take a quarter of the time at most, whatever the number of agents and runs: the next
 * one comes three times its length later. More than this it never waits.
 */
const ROUND_GAP_MS_MAX = 20
/** Groups and weights are read again after this, also when nobody said that they changed. */
const POLICIES_RELOAD_MS = 10_000

export interface CoordinatorDeps {
  readonly db: Database
  readonly jobs: JobSource
  readonly link: AgentLink
  readonly writer: RunWriter
  readonly commit: GroupCommit
  readonly log: RunLog
  readonly queries: Queries
  readonly requests: AgentRequests
  readonly policies: GroupPolicies
  readonly gate: ConnectivityGate
  readonly makePlan: RunStepsDeps['makePlan']
  readonly nowMs: () => number
  /** Somebody may be watching the run. */
  readonly onChange: (run: ActiveRun) => void
  /** An error that no run can be blamed for: the store is gone, or owned by another process. */
  readonly onFatal: (error: unknown) => void
}

export class Coordinator {
  readonly runs = new RunTable()
  readonly speed: SpeedLimits
  /** What agents report goes here. */
  readonly events: WorkEvents
  readonly #deps: CoordinatorDeps
  readonly #handOut: HandOut
  readonly #reports: RunReports
  readonly #lost: LostWork
  /** What was set going and is not done. */
  readonly #tasks = new Set<Promise<unknown>>()
  #isPumpDue = false
  #policiesReadAtMs = 0
  #roundGapMs = 0
  #stopped = false

  constructor(deps: CoordinatorDeps) {
    this.#deps = deps
    const { link, policies, gate, nowMs } = deps
    this.speed = new SpeedLimits({ link, policies, runs: () => this.runs.all })
    this.#handOut = new HandOut({
      dispatch: new Dispatch({ ...deps, speed: this.speed }),
      link,
      policies,
      gate,
      nowMs,
      runs: this.runs,
      start: (run, work) => this.#deliver(run, work),
    })
    this.#reports = new RunReports(deps)
    const driven = {
      runs: this.runs,
      settle: (run: ActiveRun) => this.#settle(run),
      pump: () => this.pump(),
    }
    this.#lost = new LostWork({ ...deps, ...driven })
    this.events = new AgentReports({ ...deps, ...driven, reports: this.#reports, lost: this.#lost })
    gate.onChange(() => this.pump())
  }

  /** At start, before any agent is let in. */
  async recover(): Promise<void> {
    await this.#deps.policies.reload()
    const { runs, unreadable } = await loadRuns(this.#deps.db, this.#deps.jobs, null)
    for (const { row, problem } of unreadable) {
      const end = endOfUnreadable(row, problem, this.#deps.nowMs())
      await this.#deps.commit.write({ slices: [], work: (tx) => endUnreadableRun(tx, end) })
      this.#deps.log.run(row, 'error', `${end.state}: ${problem}`)
    }
    for (const run of runs) {
      this.runs.add(run)
      this.#deps.log.run(run, 'info', `the control plane has restarted; the run goes on`)
    }
  }

  /** Of a run that was just stored. A run that stands in the store alone would block its job. */
  async add(runId: number): Promise<void> {
    const run = await this.#load(runId)
    if (run === null) return
    const { jobName, groupName } = run.identity
    const text = `started: job ${jobName} in resource group ${groupName}`
    this.#deps.log.run(run, 'info', text)
    this.pump()
  }

  /** A held run that was left out at start, because its job could not be read then. False: nor can it now. */
  async readmit(runId: number): Promise<boolean> {
    return this.runs.get(runId) !== undefined || (await this.#load(runId)) !== null
  }

  async #load(runId: number): Promise<ActiveRun | null> {
    const loading = loadRuns(this.#deps.db, this.#deps.jobs, runId)
    this.#guard(loading)
    const [run] = (await loading).runs
    if (run === undefined || this.runs.get(runId) !== undefined) return null
    this.runs.add(run)
    return run
  }

  /** A group, or an agent in it, was changed. */
  groupChanged(): void {
    const reloaded = this.#deps.policies.reload().then(() => {
      this.pump()
    })
    this.#track(reloaded)
  }

  find(runId: number): ActiveRun | null {
    return this.runs.get(runId) ?? null
  }

  /** Called each second: what no report has set going. */
  sweep(): void {
    this.#reloadPolicies()
    for (const agentId of this.runs.held.agentIds) {
      if (!this.#deps.link.isLost(agentId)) continue
      this.#track(this.#lost.loseAll(agentId, 'its agent is gone', () => true))
    }
    for (const run of this.runs.all) {
      this.#track(run.exclusive(() => this.#settle(run)))
    }
    this.pump()
  }

  #reloadPolicies(): void {
    const nowMs = this.#deps.nowMs()
    if (Math.abs(nowMs - this.#policiesReadAtMs) < POLICIES_RELOAD_MS) return
    this.#policiesReadAtMs = nowMs
    this.#track(this.#deps.policies.reload())
  }

  stop(): void {
    this.#stopped = true
  }

  /** Resolves when everything that was set going is done. */
  async idle(): Promise<void> {
    while (this.#tasks.size > 0) {
      await Promise.allSettled(this.#tasks)
      for (const run of this.runs.all) await run.exclusive(async () => {})
    }
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
    if (run.finished) this.runs.delete(run)
  }

  /** Hands out whatever can be; calls of one turn are folded into one round. */
  pump(): void {
    if (this.#stopped || this.#isPumpDue) return
    this.#isPumpDue = true
    this.#track(pause(this.#roundGapMs).then(() => this.#pumpRound()))
  }

  #pumpRound(): void {
    this.#isPumpDue = false
    if (this.#stopped) return
    for (const run of this.runs.all) {
      if (run.state.name === 'waiting' && !run.isHandingOut) this.#begin(run)
    }
    const startedMs = performance.now()
    this.#handOut.round()
    this.#roundGapMs = Math.min(ROUND_GAP_MS_MAX, 3 * (performance.now() - startedMs))
    this.#deps.queries.pump(() => this.#deps.link.readyAgents())
  }

  #begin(run: ActiveRun): void {
    run.isHandingOut = true
    const begun = run
      .exclusive(() => this.#settle(run))
      .finally(() => {
        run.isHandingOut = false
        this.pump()
      })
    this.#track(begun)
  }

  /** A missing data source is the run's own failure; anything else is the store's and goes up. */
  #deliver(run: ActiveRun, work: () => Promise<void>): Promise<void> {
    const delivered = run
      .exclusive(async () => {
        try {
          await work()
        } catch (error) {
          if (!(error instanceof DataSourceGoneError)) throw error
          await this.#reports.undeliverable(run, error.message)
          this.#afterEnd(run)
        }
      })
      .finally(() => this.pump())
    this.#track(delivered)
    return delivered
  }

  #track(task: Promise<unknown>): void {
    this.#tasks.add(task)
    this.#guard(task.finally(() => this.#tasks.delete(task)))
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#stopped) this.#deps.onFatal(error)
    })
  }
}

/** Below a millisecond: until what has arrived is taken in. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms < 1) setImmediate(resolve)
    else setTimeout(resolve, ms)
  })
}
