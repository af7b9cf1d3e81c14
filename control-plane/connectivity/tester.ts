/** Has an agent test a data source, and keeps what it says. */
import type { Logger } from 'pino'

import type { TestSpecInput } from '../../proto/gen/sluice/agent/v1/TestSpec.ts'
import type { AgentRequests } from '../run/agent-requests.ts'
import { kafkaConnection, maxComputeConnection } from '../run/run-sources.ts'
import { DataSourceGoneError, type StoredJobs } from '../run/stored-jobs.ts'
import type { ConnectivityReason } from '../store/connectivity-tests/connectivity-test-row.ts'
import { insertConnectivityResult } from '../store/connectivity-tests/insert-connectivity-result.ts'
import type { Database } from '../store/database.ts'
import type { Matrix, Source } from './matrix.ts'
import { closesGate, type TestOutcome, testOutcome } from './outcome.ts'

/** Of the agent's whole test. */
const TEST_MS_MAX = 45_000
/** The agent ends its test by itself before this. */
const ANSWER_MS_MAX = 50_000
/** Kept of a pair. */
export const HISTORY_MAX = 50

/** What else is tried; empty: not asked for. */
export interface TestTarget {
  readonly topic: string
  readonly table: string
  /** `name=value,…` */
  readonly partition: string
}

export const NO_TARGET: TestTarget = { topic: '', table: '', partition: '' }

export interface TestRun {
  readonly outcome: TestOutcome
  readonly startedAtMs: number
  readonly finishedAtMs: number
}

export interface TesterDeps {
  readonly db: Database
  readonly sources: Pick<
    StoredJobs,
    'kafkaSource' | 'maxComputeSource' | 'kafkaSecrets' | 'maxComputeSecrets'
  >
  readonly matrix: Matrix
  readonly ask: AgentRequests['ask']
  readonly nowMs: () => number
  readonly log: Logger
}

type Connection = Pick<TestSpecInput, 'kafka' | 'maxcompute'>

export class Tester {
  readonly #deps: TesterDeps
  /** As they were tested last, by name. Bounded by the data sources. */
  readonly #connections = new Map<string, Source & { readonly to: Connection }>()

  constructor(deps: TesterDeps) {
    this.#deps = deps
  }

  /** Never rejects: what cannot be tested is said in the outcome. */
  async test(
    agentId: string,
    datasource: string,
    target: TestTarget,
    reason: ConnectivityReason,
  ): Promise<TestRun> {
    const { nowMs, log } = this.#deps
    const startedAtMs = nowMs()
    const untested = (message: string): TestRun => {
      return { outcome: { kind: 'untested', message }, startedAtMs, finishedAtMs: nowMs() }
    }
    try {
      const source = this.#deps.matrix.source(datasource)
      const connection = source === undefined ? null : await this.#connection(datasource, source)
      if (source === undefined || connection === null) {
        return untested(`there is no data source ${datasource} any more`)
      }
      const spec = specOf(datasource, target, connection)
      const answer = await this.#deps.ask(agentId, { test: spec }, ANSWER_MS_MAX)
      const run = { outcome: testOutcome(answer), startedAtMs, finishedAtMs: nowMs() }
      await this.#keep(agentId, datasource, source, reason, run)
      return run
    } catch (error) {
      if (error instanceof DataSourceGoneError) return untested(error.message)
      log.error({ err: error, agentId, datasource }, 'a connectivity test failed')
      return untested('the control plane could not make the test: its log has the details')
    }
  }

  /** It was deleted: its secrets are not kept. */
  forget(datasource: string): void {
    this.#connections.delete(datasource)
  }

  async #connection(datasource: string, { id, version }: Source): Promise<Connection | null> {
    const known = this.#connections.get(datasource)
    // A data source that was deleted and made anew begins with version 1 again.
    if (known?.id === id && known.version === version) return known.to
    const to = await this.#readConnection(datasource)
    if (to !== null) this.#connections.set(datasource, { id, version, to })
    return to
  }

  async #readConnection(datasource: string): Promise<Connection | null> {
    const { sources } = this.#deps
    const kafka = await sources.kafkaSource(datasource)
    if (kafka !== null) {
      return { kafka: kafkaConnection(kafka, await sources.kafkaSecrets(datasource)) }
    }
    const maxCompute = await sources.maxComputeSource(datasource)
    if (maxCompute === null) return null
    const secrets = await sources.maxComputeSecrets(datasource)
    return { maxcompute: maxComputeConnection(maxCompute, secrets, null) }
  }

  async #keep(
    agentId: string,
    datasource: string,
    source: { readonly id: number; readonly version: number },
    reason: ConnectivityReason,
    { outcome, startedAtMs, finishedAtMs }: TestRun,
  ): Promise<void> {
    const { db, matrix, log } = this.#deps
    if (outcome.kind === 'untested') return
    const { verdict, message, stages } = outcome
    const { id: datasourceId, version } = source
    const closes = closesGate(verdict, stages.length)
    matrix.setResult(agentId, datasource, { version, verdict, message, finishedAtMs, closes })
    try {
      const row = { agentId, datasourceId, datasourceVersion: version, reason, verdict, message }
      const test = { ...row, stages, startedAtMs, finishedAtMs }
      await insertConnectivityResult(db, test, HISTORY_MAX)
    } catch (error) {
      // The answer is good all the same; after a restart the pair is tested anew.
      log.error({ err: error, agentId, datasource }, 'a connectivity test cannot be stored')
    }
  }
}

function specOf(
  datasource: string,
  { topic, table, partition }: TestTarget,
  connection: Connection,
): TestSpecInput {
  return {
    datasource,
    topic,
    table,
    partitionSpec: partition === '' ? [] : partition.split(/[,/]/),
    timeoutMs: TEST_MS_MAX,
    ...connection,
  }
}
