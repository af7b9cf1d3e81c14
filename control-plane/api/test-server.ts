/** The API on an ephemeral port over an embedded store, with runs and agents that tests direct. */
import { join } from 'node:path'

import { pino } from 'pino'

import { systemClock } from '../../lib/clock.ts'
import type { AuditEvent } from '../audit/audit.ts'
import type { TestOutcome } from '../connectivity/outcome.ts'
import type { TestRun, TestTarget } from '../connectivity/tester.ts'
import type { AgentRestart, LinkFigures, ReadyAgent } from '../run/link-port.ts'
import type {
  QueryOutcome,
  QueryRequest,
  RunAnswer,
  RunExplanation,
  RunProgress,
  Runs,
  StartRunRequest,
} from '../run/run-port.ts'
import { hashToken, newToken } from '../secrets/hash-token.ts'
import { deriveSecretKey } from '../secrets/seal.ts'
import { revokeAgent } from '../store/agents/revoke-agent.ts'
import { setAgentStates } from '../store/agents/set-agent-states.ts'
import { insertApiToken } from '../store/api-tokens/insert-api-token.ts'
import { openTestStore, type TestStore } from '../store/test-store.ts'
import { openReleaseKey } from '../tls/release-key.ts'
import { BundleLibrary } from '../upgrade/bundle-library.ts'
import { Upgrades } from '../upgrade/upgrades.ts'
import type { AgentControl } from './agent-control.ts'
import type { ConnectivityControl, HostControl } from './context.ts'
import { createApi, type TlsPair } from './create-api.ts'
import { listenApi } from './listen.ts'

export const TEST_NOW_MS = Date.UTC(2026, 10, 22, 18, 0, 0)

const NO_HOSTS: HostControl = {
  ask: async () => ({ kind: 'failed', problem: 'NOT_READY', message: '', isUnknownKind: false }),
  installer: { selfExtracting: () => Promise.reject(new Error('no installer in this test')) },
}

export interface TestServer {
  readonly url: string
  readonly token: string
  readonly store: TestStore
  readonly runs: FakeRuns
  readonly agents: FakeAgents
  readonly connectivity: FakeConnectivity
  /** What the routes recorded. */
  readonly audited: readonly AuditEvent[]
  readonly groupsChanged: readonly number[]
  /** Everything that was logged, as text. */
  readonly logged: () => string
  stop(): Promise<void>
}

export async function startTestServer(
  options: { tls?: TlsPair; hosts?: HostControl } = {},
): Promise<TestServer> {
  const store = await openTestStore()
  const runs = new FakeRuns()
  const agents = new FakeAgents(store)
  const connectivity = new FakeConnectivity()
  const lines: string[] = []
  const audited: AuditEvent[] = []
  const groupsChanged: number[] = []
  const api = await createApi({
    db: store.db,
    runs,
    agents,
    secretKey: deriveSecretKey(new Uint8Array(32).fill(7)),
    enrolment: {
      linkAddress: 'plane.example:7421',
      caFingerprint: 'ab'.repeat(32),
      enrolCommand: (token) => `sluice agent enrol --link plane.example:7421 --token ${token}`,
    },
    upgrades: new Upgrades({
      db: store.db,
      transaction: (work) => store.db.transaction(work),
      bundles: new BundleLibrary({
        dir: join(store.dataDir, 'bundles'),
        key: await openReleaseKey(store.dataDir),
        build: null,
      }),
      audit: (event) => void audited.push(event),
      clock: systemClock,
      log: pino({ level: 'silent' }),
      planeVersion: '0.1.0',
      timeZone: 'Asia/Shanghai',
    }),
    audit: (event) => void audited.push(event),
    connectivity,
    hosts: options.hosts ?? NO_HOSTS,
    onGroupChanged: (groupId) => void groupsChanged.push(groupId),
    defaultTimeZone: 'Asia/Shanghai',
    now: () => TEST_NOW_MS,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    tls: options.tls ?? null,
    version: '0.0.0-test',
  })
  const token = newToken('sluice_api')
  const first = { name: 'admin', tokenHash: hashToken(token), createdAtMs: TEST_NOW_MS }
  await insertApiToken(store.db, first)
  const url = await listenApi(api, { host: '127.0.0.1', port: 0 })
  return {
    url,
    token,
    store,
    runs,
    agents,
    connectivity,
    audited,
    groupsChanged,
    logged: () => lines.join(''),
    stop: async () => {
      await api.close()
      await store.remove()
    },
  }
}

export class FakeRuns implements Runs {
  readonly started: StartRunRequest[] = []
  readonly decided: string[] = []
  readonly queries: QueryRequest[] = []
  startAnswer: RunAnswer<{ runId: number }> = { ok: true, value: { runId: 1 } }
  queryAnswer: RunAnswer<QueryOutcome> | null = null
  explanation: RunExplanation | null = null
  /** Set when the caller of a query that is never answered goes away. */
  queryAborted = Promise.withResolvers<void>()
  readonly #progress = new Map<number, RunProgress>()
  readonly #forgotten = new Map<number, PromiseWithResolvers<void>>()
  readonly #watchers = new Map<number, Set<(progress: RunProgress) => void>>()

  /** What the run looks like from now on; told to whoever watches it. */
  set(progress: RunProgress): void {
    this.#progress.set(progress.runId, progress)
    for (const watcher of this.#watchers.get(progress.runId) ?? []) watcher(progress)
  }

  /** Resolves when somebody stops watching the run. */
  forgotten(runId: number): Promise<void> {
    const forgotten = Promise.withResolvers<void>()
    this.#forgotten.set(runId, forgotten)
    return forgotten.promise
  }

  watcherCount(runId: number): number {
    return this.#watchers.get(runId)?.size ?? 0
  }

  async start(request: StartRunRequest): Promise<RunAnswer<{ runId: number }>> {
    this.started.push(request)
    return this.startAnswer
  }

  async kill(runId: number): Promise<RunAnswer<null>> {
    return this.#decide('kill', runId)
  }

  async resolveHeld(runId: number, outcome: string): Promise<RunAnswer<null>> {
    return this.#decide(`resolve ${outcome}`, runId)
  }

  async explain(runId: number): Promise<RunExplanation | null> {
    return runId === this.explanation?.runId ? this.explanation : null
  }

  async progress(runId: number): Promise<RunProgress | null> {
    return this.#progress.get(runId) ?? null
  }

  watch(runId: number, onChange: (progress: RunProgress) => void): () => void {
    const watchers = this.#watchers.get(runId) ?? new Set()
    this.#watchers.set(runId, watchers.add(onChange))
    const progress = this.#progress.get(runId)
    if (progress !== undefined) onChange(progress)
    return () => {
      watchers.delete(onChange)
      this.#forgotten.get(runId)?.resolve()
    }
  }

  async query(request: QueryRequest, signal: AbortSignal): Promise<RunAnswer<QueryOutcome>> {
    this.queries.push(request)
    if (this.queryAnswer !== null) return this.queryAnswer
    signal.addEventListener('abort', () => this.queryAborted.resolve())
    await this.queryAborted.promise
    const value = { queryId: 'q', state: 'killed', result: null, error: null } as const
    return { ok: true, value }
  }

  #decide(what: string, runId: number): RunAnswer<null> {
    if (!this.#progress.has(runId)) {
      const message = `there is no run ${runId}`
      return { ok: false, refusal: { code: 'RUN_NOT_FOUND', message } }
    }
    this.decided.push(`${what} ${runId}`)
    return { ok: true, value: null }
  }
}

/** Tests are answered at once, as a test says. */
export class FakeConnectivity implements ConnectivityControl {
  readonly demanded: { agentId: string; datasource: string; target: TestTarget }[] = []
  readonly heard: string[] = []
  outcome: TestOutcome = { kind: 'tested', verdict: 'Connectable', message: '', stages: [] }

  async demand(agentId: string, datasource: string, target: TestTarget): Promise<TestRun> {
    this.demanded.push({ agentId, datasource, target })
    return { outcome: this.outcome, startedAtMs: TEST_NOW_MS, finishedAtMs: TEST_NOW_MS + 42 }
  }

  datasourceChanged(name: string, { version }: { readonly version: number }): void {
    this.heard.push(`changed ${name} ${version}`)
  }

  datasourceDeleted(name: string): void {
    this.heard.push(`deleted ${name}`)
  }

  jobsChanged(): void {
    this.heard.push('jobs')
  }
}

export class FakeAgents implements AgentControl {
  ready: ReadyAgent[] = []
  /** Of each ready agent. */
  busyChannels = 0
  /** Of every agent. */
  restart: AgentRestart | null = null
  /** Nothing runs on any agent, so that a drain is done when it is asked for. */
  drainsAtOnce = false
  readonly drainDeadlines: (number | null)[] = []
  readonly #store: TestStore

  constructor(store: TestStore) {
    this.#store = store
  }

  readyAgents(): readonly ReadyAgent[] {
    return this.ready
  }

  lastRestart(): AgentRestart | null {
    return this.restart
  }

  lastBeat(): null {
    return null
  }

  linkFigures(): LinkFigures {
    const agentsReady = this.ready.length
    return { agentsReady, helloWaiting: 0, accepted: 0, assignP50Ms: null, assignP99Ms: null }
  }

  freeChannels(agentId: string): number {
    const channels = this.ready.find((agent) => agent.agentId === agentId)?.channels ?? 0
    return Math.max(0, channels - this.busyChannels)
  }

  async drain(agentId: string, deadlineMs?: number): Promise<void> {
    this.drainDeadlines.push(deadlineMs ?? null)
    await setAgentStates(this.#store.db, [
      { agentId, state: this.drainsAtOnce ? 'drained' : 'draining' },
    ])
  }

  async resume(agentId: string): Promise<void> {
    await setAgentStates(this.#store.db, [{ agentId, state: 'offline' }])
  }

  async revoke(agentId: string): Promise<void> {
    await revokeAgent(this.#store.db, agentId)
  }
}

export function progressOf(runId: number, change: Partial<RunProgress> = {}): RunProgress {
  return {
    runId,
    state: 'running',
    phase: 'staging',
    slicesTotal: 4,
    slicesStaged: 1,
    slicesRunning: 2,
    rows: 250,
    rowsExpected: 1000,
    bytesRead: 25_000,
    dirtyRecords: 0,
    agents: ['agent-1'],
    startedAtMs: TEST_NOW_MS,
    finishedAtMs: null,
    error: null,
    waitingFor: null,
    ...change,
  }
}
