/** The API, typed: one method a route. Types come from the API's own schemas. */
import type { AgentCopy } from '../control-plane/api/shapes/agent-copy.ts'
import type { AgentSampleShape } from '../control-plane/api/shapes/agent-sample.ts'
import type { Agent, AgentChange } from '../control-plane/api/shapes/agent.ts'
import type { AuditPageShape } from '../control-plane/api/shapes/audit.ts'
import type {
  ConnectivityHistory,
  ConnectivityResult,
  ConnectivityTestAnswer,
  ConnectivityTestInput,
} from '../control-plane/api/shapes/connectivity.ts'
import type { Datasource, DatasourceApplied } from '../control-plane/api/shapes/datasource.ts'
import type { Group, GroupChange, GroupDrained } from '../control-plane/api/shapes/group.ts'
import type { DoctorAnswer, FetchedLog } from '../control-plane/api/shapes/host.ts'
import type { JobApplied, JobDetail, JobSummary } from '../control-plane/api/shapes/job.ts'
import type { QueryAnswer } from '../control-plane/api/shapes/query.ts'
import type {
  DirtyRecordPage,
  LogPage,
  RunDetail,
  RunExplanationShape,
  RunInput,
  RunPage,
  SliceShape,
} from '../control-plane/api/shapes/run.ts'
import type { EnrolToken, ServerInput, WaitingServer } from '../control-plane/api/shapes/server.ts'
import type { NewToken, Token } from '../control-plane/api/shapes/token.ts'
import type {
  AgentBundle,
  UpgradeDetail,
  UpgradeInput,
  UpgradeSummary,
} from '../control-plane/api/shapes/upgrade.ts'
import type { LinkFigures } from '../control-plane/run/link-port.ts'
import type { RunProgress } from '../control-plane/run/run-port.ts'
import { type Call, requestJson, requestRaw, type Target } from './request.ts'

interface List<T> {
  readonly items: readonly T[]
}

export interface RunFilter {
  readonly job?: string | undefined
  readonly group?: string | undefined
  readonly state?: string | undefined
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

export interface AuditFilter {
  readonly kind?: string | undefined
  readonly agent?: string | undefined
  readonly group?: string | undefined
  readonly sinceMs?: number | undefined
  readonly limit?: number | undefined
}

export class ApiClient {
  readonly target: Target

  constructor(target: Target) {
    this.target = target
  }

  info = (): Promise<{ readonly version: string; readonly timeZone: string }> => this.#get('/info')

  listGroups = (): Promise<List<Group>> => this.#get('/groups')
  showGroup = (name: string): Promise<Group> => this.#get(`/groups/${part(name)}`)
  createGroup = (name: string, settings: GroupChange = {}): Promise<Group> =>
    this.#send('POST', '/groups', { name, ...settings })
  changeGroup = (name: string, change: GroupChange): Promise<Group> =>
    this.#send('PATCH', `/groups/${part(name)}`, change)
  drainGroup = (name: string, deadlineMs?: number): Promise<GroupDrained> =>
    this.#send('POST', `/groups/${part(name)}/drain`, { deadlineMs })
  deleteGroup = (name: string): Promise<unknown> => this.#send('DELETE', `/groups/${part(name)}`)
  createEnrolToken = (group: string, server: ServerInput = {}): Promise<EnrolToken> =>
    this.#send('POST', `/groups/${part(group)}/enrol-tokens`, server)
  /** Servers that were added and are not installed yet. */
  listServers = (group?: string): Promise<List<WaitingServer>> =>
    this.#get('/enrol-tokens', { group })

  linkFigures = (): Promise<LinkFigures> => this.#get('/link')
  listAgents = (group?: string): Promise<List<Agent>> => this.#get('/agents', { group })
  showAgent = (name: string): Promise<Agent> => this.#get(`/agents/${part(name)}`)
  drainAgent = (name: string, deadlineMs?: number): Promise<Agent> =>
    this.#send('POST', `/agents/${part(name)}/drain`, { deadlineMs })
  resumeAgent = (name: string): Promise<Agent> => this.#send('POST', `/agents/${part(name)}/resume`)
  revokeAgent = (name: string): Promise<Agent> => this.#send('POST', `/agents/${part(name)}/revoke`)
  changeAgent = (name: string, change: AgentChange): Promise<Agent> =>
    this.#send('PATCH', `/agents/${part(name)}`, change)
  listAgentCopies = (agent?: string): Promise<List<AgentCopy>> =>
    this.#get('/agent-copies', { agent })
  resolveAgentCopy = (name: string, copy: number, as: 'new' | 'same'): Promise<AgentCopy> =>
    this.#send('POST', `/agents/${part(name)}/copies/${copy}/resolve`, { as })
  deleteAgent = (name: string): Promise<unknown> => this.#send('DELETE', `/agents/${part(name)}`)
  agentSamples = (name: string, from: number, to: number): Promise<List<AgentSampleShape>> =>
    this.#get(`/agents/${part(name)}/samples`, { from, to })
  agentDoctor = (name: string): Promise<DoctorAnswer> => this.#get(`/agents/${part(name)}/doctor`)
  fetchAgentLog = (name: string, lines: number): Promise<FetchedLog> =>
    this.#send('POST', `/agents/${part(name)}/logs/fetch`, { lines })
  /** The installer and its bundle, one file. */
  installer = (arch: 'x64' | 'arm64'): Promise<Response> =>
    requestRaw(this.target, { method: 'GET', path: `/installers/${arch}` })
  agentLogs = (name: string, after: number, limit?: number): Promise<LogPage> =>
    this.#get(`/agents/${part(name)}/logs`, { after, limit })

  listBundles = (): Promise<List<AgentBundle>> => this.#get('/bundles')
  upgradeGroup = (group: string, input: UpgradeInput): Promise<UpgradeDetail> =>
    this.#send('POST', `/groups/${part(group)}/upgrades`, input)
  upgradeAgent = (name: string, input: UpgradeInput): Promise<UpgradeDetail> =>
    this.#send('POST', `/agents/${part(name)}/upgrade`, input)
  listUpgrades = (group?: string): Promise<List<UpgradeSummary>> =>
    this.#get('/upgrades', { group })
  showUpgrade = (id: number): Promise<UpgradeDetail> => this.#get(`/upgrades/${id}`)
  resumeUpgrade = (id: number, failed: 'retry' | 'skip'): Promise<UpgradeDetail> =>
    this.#send('POST', `/upgrades/${id}/resume`, { failed })
  cancelUpgrade = (id: number): Promise<UpgradeDetail> =>
    this.#send('POST', `/upgrades/${id}/cancel`)

  applyDatasource = (name: string, input: unknown): Promise<DatasourceApplied> =>
    this.#send('PUT', `/datasources/${part(name)}`, input)
  listDatasources = (): Promise<List<Datasource>> => this.#get('/datasources')
  showDatasource = (name: string): Promise<Datasource> => this.#get(`/datasources/${part(name)}`)
  deleteDatasource = (name: string): Promise<unknown> =>
    this.#send('DELETE', `/datasources/${part(name)}`)

  testDatasource = (
    name: string,
    input: ConnectivityTestInput,
  ): Promise<List<ConnectivityTestAnswer>> =>
    this.#send('POST', `/datasources/${part(name)}/test`, input)
  listConnectivity = (filter: {
    readonly group?: string | undefined
    readonly datasource?: string | undefined
  }): Promise<List<ConnectivityResult>> => this.#get('/connectivity', { ...filter })
  connectivityHistory = (
    agent: string,
    datasource: string,
    page: { readonly limit: number },
  ): Promise<ConnectivityHistory> =>
    this.#get('/connectivity/history', { agent, datasource, ...page })

  applyJob = (name: string, text: string, group: string | null): Promise<JobApplied> =>
    this.#send('PUT', `/jobs/${part(name)}`, { text, group })
  listJobs = (): Promise<List<JobSummary>> => this.#get('/jobs')
  showJob = (name: string): Promise<JobDetail> => this.#get(`/jobs/${part(name)}`)
  deleteJob = (name: string): Promise<unknown> => this.#send('DELETE', `/jobs/${part(name)}`)

  startRun = (input: RunInput, idempotencyKey: string): Promise<{ id: number }> =>
    this.#json({
      method: 'POST',
      path: '/runs',
      body: input,
      headers: { 'idempotency-key': idempotencyKey },
    })
  listRuns = (filter: RunFilter): Promise<RunPage> => this.#get('/runs', { ...filter })
  showRun = (id: number): Promise<RunDetail> => this.#get(`/runs/${id}`)
  explainRun = (id: number): Promise<RunExplanationShape> => this.#get(`/runs/${id}/explain`)
  runProgress = (id: number): Promise<RunProgress> => this.#get(`/runs/${id}/progress`)
  killRun = (id: number): Promise<unknown> => this.#send('POST', `/runs/${id}/kill`)
  resolveRun = (id: number, outcome: 'committed' | 'notCommitted'): Promise<unknown> =>
    this.#send('POST', `/runs/${id}/resolve`, { outcome })
  runSlices = (id: number): Promise<List<SliceShape>> => this.#get(`/runs/${id}/slices`)
  runDirty = (id: number, after?: string, limit?: number): Promise<DirtyRecordPage> =>
    this.#get(`/runs/${id}/dirty-records`, { after, limit })
  runLogs = (id: number, after: number, limit?: number): Promise<LogPage> =>
    this.#get(`/runs/${id}/logs`, { after, limit })
  /** All dirty records, one JSON object a line, streamed. */
  runDirtyLines = (id: number): Promise<Response> =>
    requestRaw(this.target, {
      method: 'GET',
      path: `/runs/${id}/dirty-records`,
      headers: { accept: 'application/x-ndjson' },
    })

  query = (
    input: { datasource: string; group?: string | null; sql: string; rowsMax?: number },
    signal?: AbortSignal,
  ): Promise<QueryAnswer> =>
    this.#json({
      method: 'POST',
      path: '/sql',
      body: input,
      ...(signal === undefined ? {} : { signal }),
    })

  listAudit = (filter: AuditFilter): Promise<AuditPageShape> => this.#get('/audit', { ...filter })

  listTokens = (): Promise<List<Token>> => this.#get('/tokens')
  createToken = (name: string): Promise<NewToken> => this.#send('POST', '/tokens', { name })
  deleteToken = (name: string): Promise<unknown> => this.#send('DELETE', `/tokens/${part(name)}`)

  #get<T>(path: string, query: NonNullable<Call['query']> = {}): Promise<T> {
    return this.#json<T>({ method: 'GET', path, query })
  }

  #send<T>(method: Call['method'], path: string, body?: unknown): Promise<T> {
    return this.#json<T>(body === undefined ? { method, path } : { method, path, body })
  }

  /** The one place where an answer is taken at the schema's word. */
  async #json<T>(call: Call): Promise<T> {
    return (await requestJson(this.target, call)) as T
  }
}

const part = encodeURIComponent
