/** What the API asks of the runs (run-port.ts), over the coordinator and the store. */
import type { Audit } from '../audit/audit.ts'
import type { Job } from '../job/job.ts'
import { parseJob } from '../job/parse-job.ts'
import type { Problem } from '../job/problem.ts'
import type { Database } from '../store/database.ts'
import { StoreError } from '../store/database.ts'
import { findGroupByName } from '../store/resource-groups/find-group-by-name.ts'
import { endUnreadableRun } from '../store/runs/end-unreadable-run.ts'
import { findRun } from '../store/runs/find-run.ts'
import { insertRun } from '../store/runs/insert-run.ts'
import { loadActiveRuns } from '../store/runs/load-active-runs.ts'
import { listSlices } from '../store/slices/list-slices.ts'
import type { ActiveRun } from './active-run.ts'
import type { Coordinator } from './coordinator.ts'
import { explain } from './explain/explain.ts'
import type { ExplainSnapshots } from './explain/take-snapshot.ts'
import { type GroupPolicies, reservedAgainst } from './group-policies.ts'
import type { Queries } from './queries.ts'
import {
  PRIORITY_DEFAULT,
  type QueryOutcome,
  type QueryRequest,
  type RunAnswer,
  type RunExplanation,
  type RunProgress,
  type RunRefusal,
  type Runs,
  type StartRunRequest,
} from './run-port.ts'
import { maxComputeConnection, type RunSources } from './run-sources.ts'
import { isOver } from './run-state.ts'
import type { RunWatchers } from './run-watchers.ts'
import type { StoredJobs } from './stored-jobs.ts'
import { notCommittedUnreadable } from './unreadable-run.ts'

export interface RunsDeps {
  readonly db: Database
  readonly transaction: <T>(work: (tx: Database) => Promise<T>) => Promise<T>
  readonly coordinator: Coordinator
  readonly queries: Queries
  readonly watchers: RunWatchers
  readonly jobs: StoredJobs
  readonly defaultTimeZone: string
  readonly nowMs: () => number
  readonly agentName: (agentId: string) => string
  readonly policies: GroupPolicies
  readonly snapshots: ExplainSnapshots
  readonly audit: Audit
  readonly onFatal: (error: unknown) => void
}

/** The group that jobs run on which name none. */
export const DEFAULT_GROUP = 'default'

export function createRuns(deps: RunsDeps): Runs {
  const progressOf = (run: ActiveRun): Promise<RunProgress> => liveProgress(deps, run)
  return {
    start: (request) => startRun(deps, request),
    kill: (runId) => changeRun(deps, runId, 'killed', (run) => deps.coordinator.kill(run)),
    resolveHeld: (runId, outcome) => resolveHeld(deps, runId, outcome),
    explain: async (runId) => {
      const run = deps.coordinator.find(runId)
      return run === null ? explainStored(deps.db, runId) : explain(await deps.snapshots.of(run))
    },
    progress: async (runId) => {
      const run = deps.coordinator.find(runId)
      return run === null ? storedProgress(deps.db, runId) : progressOf(run)
    },
    watch: (runId, onChange) => {
      const run = deps.coordinator.find(runId)
      // One after the other: the last one told is the last state.
      let told = Promise.resolve()
      const tell = (changed: ActiveRun): void => {
        told = told.then(() => progressOf(changed)).then(onChange, deps.onFatal)
      }
      const remove = deps.watchers.add(runId, tell)
      if (run !== null) tell(run)
      return remove
    },
    query: (request, signal) => runQuery(deps, request, signal),
  }
}

async function startRun(
  deps: RunsDeps,
  request: StartRunRequest,
): Promise<RunAnswer<{ runId: number }>> {
  const stored = await deps.jobs.find(request.jobName)
  if (stored === null) return refused('JOB_NOT_FOUND', `there is no job ${request.jobName}`)
  const groupName = request.groupName ?? stored.groupName ?? DEFAULT_GROUP
  const group = await findGroupByName(deps.db, groupName)
  if (group === null) return refused('GROUP_NOT_FOUND', `there is no resource group ${groupName}`)
  const reserved = await refusedByGroup(deps, group.id, request)
  if (reserved !== null) return reserved
  const cycTimeMs = request.cycTimeMs ?? deps.nowMs()
  const context = {
    params: request.params,
    cycTime: cycTimeMs,
    defaultTimeZone: deps.defaultTimeZone,
  }
  const parsed = parseJob(stored.text, context)
  if (!parsed.ok) return invalid(request.jobName, parsed.problems)
  const sources = await resolveSources(deps, parsed.job)
  if ('problems' in sources) return invalid(request.jobName, sources.problems)
  try {
    const runId = await deps.transaction((tx) =>
      insertRun(tx, {
        jobId: stored.jobId,
        jobVersion: stored.version,
        groupId: group.id,
        params: request.params,
        cycTimeMs,
        sources,
        createdAtMs: deps.nowMs(),
        priority: request.priority ?? PRIORITY_DEFAULT,
        owner: request.owner,
      }),
    )
    await deps.coordinator.add(runId)
    return { ok: true, value: { runId } }
  } catch (error) {
    const conflict =
      error instanceof StoreError && error.constraint === 'runs_one_unfinished_per_job'
    if (!conflict) throw error
    return unfinished(deps, request.jobName, stored.jobId)
  }
}

/** null: the group takes the run. What is refused is recorded. */
async function refusedByGroup(
  deps: RunsDeps,
  groupId: number,
  { jobName, owner, peer }: StartRunRequest,
): Promise<RunAnswer<never> | null> {
  await deps.policies.reload()
  const group = deps.policies.of(groupId)
  const message = group === null ? null : reservedAgainst(group, jobName, owner)
  if (group === null || message === null) return null
  deps.audit({
    kind: 'run.refused',
    actor: owner,
    group: group.name,
    message,
    detail: { job: jobName },
    ...(peer === undefined ? {} : { peer }),
  })
  return { ok: false, refusal: { code: 'GROUP_RESERVED', message } }
}

/** The explanation is asked for only where it can have something to say. */
async function liveProgress(deps: RunsDeps, run: ActiveRun): Promise<RunProgress> {
  const isMoving = run.heldStep !== null || run.slices.held.size > 0
  const isFine = isMoving && run.refusal === null && run.lastFailure === null
  const waitingFor =
    isFine || isOver(run.state) ? null : explain(await deps.snapshots.of(run)).waitingFor
  return run.progress(deps.agentName, waitingFor)
}

async function explainStored(db: Database, runId: number): Promise<RunExplanation | null> {
  const row = await findRun(db, runId)
  if (row === null) return null
  const error = row.error as { code?: string; message?: string } | null
  const detail =
    error === null
      ? `run ${runId} is ${row.state} and waits for nothing`
      : `${error.code ?? ''}: ${error.message ?? ''}`
  const reason = { code: 'OVER', title: `the run is ${row.state}`, detail, fix: '' } as const
  return { runId, state: row.state, waitingFor: null, reasons: [reason] }
}

async function resolveHeld(
  deps: RunsDeps,
  runId: number,
  outcome: 'committed' | 'notCommitted',
): Promise<RunAnswer<null>> {
  const row = await findRun(deps.db, runId)
  const isLeftOut = row?.state === 'held' && !(await deps.coordinator.readmit(runId))
  if (!isLeftOut) {
    const resolve = (run: ActiveRun): Promise<boolean> => deps.coordinator.resolveHeld(run, outcome)
    return changeRun(deps, runId, 'resolved', resolve)
  }
  if (outcome === 'committed') {
    return refused(
      'STATE_CONFLICT',
      `run ${runId} cannot be resolved as committed: version ${row.jobVersion} of job ${row.jobName} ` +
        'cannot be read any more, so where its next run starts is not known. Go back to the version ' +
        'of Sluice that started the run, and resolve it there',
    )
  }
  const end = notCommittedUnreadable(row, deps.nowMs())
  await deps.transaction((tx) => endUnreadableRun(tx, end))
  return { ok: true, value: null }
}

/** I8. */
async function unfinished(
  deps: RunsDeps,
  jobName: string,
  jobId: number,
): Promise<RunAnswer<never>> {
  const active = (await loadActiveRuns(deps.db, null)).find((run) => run.jobId === jobId)
  const message =
    `run ${active?.id ?? '?'} of job ${jobName} is ${active?.state ?? 'unfinished'}: a job has one ` +
    `unfinished run at most, because two would read the same records. Wait for it or kill it`
  return { ok: false, refusal: { code: 'RUN_UNFINISHED', message, runId: active?.id ?? 0 } }
}

async function resolveSources(
  deps: RunsDeps,
  job: Job,
): Promise<RunSources | { problems: Problem[] }> {
  const problems: Problem[] = []
  const { source: from } = job.reader
  const { source: to } = job.writer
  const kafka = from.kind === 'inline' ? from.kafka : await deps.jobs.kafkaSource(from.name)
  const maxCompute =
    to.kind === 'inline' ? to.maxCompute : await deps.jobs.maxComputeSource(to.name)
  if (kafka === null && from.kind === 'datasource') {
    problems.push(noSource('kafka', from.name, '$.steps[category=reader].parameter.datasource'))
  }
  if (maxCompute === null && to.kind === 'datasource') {
    problems.push(noSource('odps', to.name, '$.steps[category=writer].parameter.datasource'))
  }
  if (kafka === null || maxCompute === null) return { problems }
  return {
    kafka: { source: kafka, datasource: from.kind === 'datasource' ? from.name : null },
    maxCompute: { source: maxCompute, datasource: to.kind === 'datasource' ? to.name : null },
  }
}

function noSource(type: string, name: string, path: string): Problem {
  return {
    severity: 'error',
    code: 'not-allowed',
    path,
    line: null,
    column: null,
    found: JSON.stringify(name),
    expected: `the name of a registered data source of type ${type}`,
    message: `There is no data source "${name}" of type ${type}: register it with "sluice datasource apply".`,
  }
}

async function changeRun(
  deps: RunsDeps,
  runId: number,
  done: string,
  change: (run: ActiveRun) => Promise<boolean>,
): Promise<RunAnswer<null>> {
  const run = deps.coordinator.find(runId)
  if (run !== null && (await change(run))) return { ok: true, value: null }
  const row = await findRun(deps.db, runId)
  if (row === null) return refused('RUN_NOT_FOUND', `there is no run ${runId}`)
  return refused(
    'STATE_CONFLICT',
    `run ${runId} is ${row.state} and cannot be ${done}: ${whyNot(row.state)}`,
  )
}

function whyNot(state: string): string {
  switch (state) {
    case 'committing':
      return 'its commit is under way and can only go forward'
    case 'held':
      return 'its rows may be in the table; look, and say it with "sluice run resolve"'
    case 'waiting':
    case 'planning':
    case 'running':
      return 'only a held run is'
    default:
      return 'it is over'
  }
}

async function storedProgress(db: Database, runId: number): Promise<RunProgress | null> {
  const row = await findRun(db, runId)
  if (row === null) return null
  const slices = await listSlices(db, runId, null)
  const plan = row.plan as { plan?: { offsetCount?: number } } | null
  return {
    runId,
    state: row.state,
    phase: row.phase,
    slicesTotal: slices.length,
    slicesStaged: slices.filter((slice) => slice.state === 'staged').length,
    slicesRunning: 0,
    rows: row.rows,
    rowsExpected: plan?.plan?.offsetCount ?? 0,
    bytesRead: row.bytesRead,
    dirtyRecords: row.dirtyRecords,
    agents: [],
    startedAtMs: row.startedAtMs,
    finishedAtMs: row.finishedAtMs,
    error: row.error,
    waitingFor: null,
  }
}

async function runQuery(
  deps: RunsDeps,
  request: QueryRequest,
  signal: AbortSignal,
): Promise<RunAnswer<QueryOutcome>> {
  const groupName = request.groupName ?? DEFAULT_GROUP
  const group = await findGroupByName(deps.db, groupName)
  if (group === null) return refused('GROUP_NOT_FOUND', `there is no resource group ${groupName}`)
  const source = await deps.jobs.maxComputeSource(request.datasourceName)
  if (source === null) {
    const name = request.datasourceName
    const message = `there is no data source ${name} of type odps: sluice datasource list shows all`
    return refused('DATASOURCE_NOT_FOUND', message)
  }
  const secrets = await deps.jobs.maxComputeSecrets(request.datasourceName)
  const connection = maxComputeConnection(source, secrets, null)
  const running = deps.queries.run(
    { groupId: group.id, groupName, connection, sql: request.sql, rowsMax: request.rowsMax },
    signal,
  )
  deps.coordinator.pump()
  const outcome = await running
  if (outcome === null) return refused('STATE_CONFLICT', 'too many queries run at once; try again')
  return { ok: true, value: outcome }
}

function refused(
  code: Exclude<RunRefusal['code'], 'RUN_UNFINISHED' | 'JOB_INVALID'>,
  message: string,
): RunAnswer<never> {
  return { ok: false, refusal: { code, message } }
}

function invalid(jobName: string, problems: readonly Problem[]): RunAnswer<never> {
  const count = problems.length
  const message = `job ${jobName} cannot run: ${count} ${count === 1 ? 'problem' : 'problems'}`
  return { ok: false, refusal: { code: 'JOB_INVALID', message, problems } }
}
