/** Puts the parts of run/ together: what wiring/ and the tests open. */
import { systemClock } from '../../lib/clock.ts'
import type { PlanResult } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { Audit } from '../audit/audit.ts'
import type { Plan } from '../plan/plan.ts'
import { makePlan } from '../plan/split.ts'
import type { SecretKey } from '../secrets/seal.ts'
import { type Database, StoreError } from '../store/database.ts'
import { fenced } from '../store/take-over.ts'
import type { UpgradeControl } from '../upgrade/upgrade-port.ts'
import type { ActiveRun } from './active-run.ts'
import { AgentRequests } from './agent-requests.ts'
import { type ConnectivityGate, OPEN_GATE } from './connectivity-port.ts'
import { Coordinator } from './coordinator.ts'
import { ExplainSnapshots } from './explain/take-snapshot.ts'
import { GroupCommit, type Transaction } from './group-commit.ts'
import type { AgentLink } from './link-port.ts'
import { Queries } from './queries.ts'
import type { Runs } from './run-port.ts'
import { RunWatchers } from './run-watchers.ts'
import { RunWriter } from './run-writer.ts'
import { createRuns } from './runs.ts'
import { StoredGroupPolicies } from './stored-group-policies.ts'
import { createStoredJobs } from './stored-jobs.ts'
import { StoredRunLog } from './stored-run-log.ts'

export interface OpenRunsOptions {
  readonly db: Database
  /** Of this control plane process; see store/take-over.ts. */
  readonly epoch: number
  readonly key: SecretKey
  readonly link: AgentLink
  /** IANA name: of jobs that name none. */
  readonly defaultTimeZone: string
  /** Largest wanted slice where the job names none; null: the planner's own. */
  readonly sliceBytesMax: number | null
  /** Absent: nothing is recorded. */
  readonly audit?: Audit
  /** Absent: every agent reaches everything. */
  readonly gate?: ConnectivityGate
  readonly upgrading: UpgradeControl['upgrading']
  readonly nowMs: () => number
  readonly agentName: (agentId: string) => string
  /** An error that no run can be blamed for: the process must end. */
  readonly onFatal: (error: unknown) => void
}

export interface OpenRuns {
  readonly coordinator: Coordinator
  readonly runs: Runs
  readonly log: StoredRunLog
  /** Ask one agent something. */
  readonly requests: AgentRequests
  readonly policies: StoredGroupPolicies
}

export function openRuns(options: OpenRunsOptions): OpenRuns {
  const { db, link, nowMs, onFatal, defaultTimeZone } = options
  const transaction = ownTransactions(db, options.epoch, onFatal)
  const watchers = new RunWatchers()
  const onChange = (run: ActiveRun): void => watchers.changed(run)
  const commit = new GroupCommit(transaction)
  const writer = new RunWriter({ commit, nowMs, onChange })
  const policies = new StoredGroupPolicies(db)
  const gate = options.gate ?? OPEN_GATE
  const jobs = createStoredJobs(db, options.key, defaultTimeZone)
  const queries = new Queries(link)
  const requests = new AgentRequests(link, systemClock)
  const log = new StoredRunLog(db, nowMs, onFatal)
  const coordinator = new Coordinator({
    db,
    link,
    jobs,
    writer,
    commit,
    log,
    queries,
    requests,
    policies,
    gate,
    nowMs,
    onChange,
    onFatal,
    makePlan: (run, result) => planOf(run, result, options.sliceBytesMax),
  })
  const { upgrading, agentName } = options
  const { runs: table, speed } = coordinator
  const explainDeps = { db, runs: table, link, policies, gate, speed, upgrading, nowMs, agentName }
  const snapshots = new ExplainSnapshots(explainDeps)
  const audit = options.audit ?? ((): void => {})
  const deps = { db, transaction, coordinator, queries, watchers, jobs, defaultTimeZone, nowMs }
  const more = { agentName, policies, snapshots, audit, onFatal }
  return { coordinator, runs: createRuns({ ...deps, ...more }), log, requests, policies }
}

/**
 * Transactions of this process alone. Two failures are the end of it (A1 of active-run.ts could not
 * be kept): another process owns the store, or all was done and the commit's own answer was lost, so
 * that nobody knows whether memory or the store is ahead. A new start reads what is true.
 */
function ownTransactions(
  db: Database,
  epoch: number,
  onFatal: (error: unknown) => void,
): Transaction {
  return async (work) => {
    let isDone = false
    try {
      return await fenced(db, epoch, work, () => (isDone = true))
    } catch (error) {
      if (isDone || (error instanceof StoreError && error.code === 'FENCED')) onFatal(error)
      throw error
    }
  }
}

function planOf(run: ActiveRun, result: PlanResult, sliceBytesMax: number | null): Plan {
  const wanted = run.job.writer.blockBytes ?? sliceBytesMax
  return makePlan({ name: run.job.reader.topic, topicId: result.topicId }, result.ranges, {
    concurrent: run.job.speed.concurrent,
    ...(wanted === null ? {} : { sliceBytesMax: wanted }),
  })
}
