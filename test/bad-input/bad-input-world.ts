/** One local system with a single agent where nothing else is said, and what the tests of bad input do with it. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { RunProgress } from '../../control-plane/run/run-port.ts'
import { registerDataSources } from '../../dev/local-system/data-sources.ts'
import { jobJson, type JobJsonOptions } from '../../dev/local-system/job-json.ts'
import { applyJob, startRun, waitForRun } from '../../dev/local-system/runs.ts'
import { runSql, type SqlTarget } from '../../dev/local-system/sql.ts'
import { startLocalSystem, type LocalSystem } from '../../dev/local-system/start-local-system.ts'

const SOURCES = { kafka: 'src', maxCompute: 'dst' }
const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const POLL_MS = 50
const UNTIL_TIMEOUT_MS = 90_000
/** Every request that opens an upload session is counted, and none is held up. */
const COUNTING_FAULT = { kind: 'slow', route: 'create', delayMs: 0, times: 1_000_000 }
const REFUSING_FAULT = { kind: 'status', route: 'create', status: 503, times: 1_000_000 }

/** What a run's error is to the API. */
export interface RunError {
  readonly code: string
  readonly message: string
  readonly where: Readonly<Record<string, string>>
}

export interface CliAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export class BadInputWorld {
  readonly system: LocalSystem
  readonly target: SqlTarget
  #names = 0

  private constructor(system: LocalSystem) {
    this.system = system
    this.target = { client: system.client, group: system.group, datasource: SOURCES.maxCompute }
  }

  static async start(agents = 1): Promise<BadInputWorld> {
    const stateDir = mkdtempSync(join(tmpdir(), 'sluice-bad-input-'))
    const system = await startLocalSystem({
      stateDir,
      agents,
      kafkaBootstrap: null,
      kafkaHeapMb: 384,
      fastStart: true,
      faults: true,
    })
    await registerDataSources(system, SOURCES)
    return new BadInputWorld(system)
  }

  async stop(): Promise<void> {
    await this.system.stop()
    rmSync(this.system.stateDir, { recursive: true, force: true })
  }

  get bootstrap(): string {
    return this.system.kafka.bootstrap
  }

  newName(kind: string): string {
    return `${kind}_${++this.#names}`
  }

  /** @returns its name */
  async newTable(columns: string, rest = ''): Promise<string> {
    const table = this.newName('t')
    await runSql(this.target, `CREATE TABLE ${table} (${columns}) ${rest};`)
    return table
  }

  async rows(table: string): Promise<number> {
    const { rows } = await runSql(this.target, `SELECT COUNT(*) AS n FROM ${table};`)
    return Number(rows[0]?.[0])
  }

  /** Of column `v`, the longest first, NULL before all. */
  async lengths(table: string): Promise<(string | null)[]> {
    const sql = `SELECT LENGTH(v) AS n FROM ${table} ORDER BY n IS NULL DESC, n DESC LIMIT 100;`
    return (await runSql(this.target, sql)).rows.map(([length]) => length ?? null)
  }

  /** Appends the values of the topic to column `v`, where nothing else is said. @returns its name */
  async newJob(
    options: Partial<JobJsonOptions> & { topic: string; table: string },
  ): Promise<string> {
    const job = jobJson({
      kafkaDatasource: SOURCES.kafka,
      maxComputeDatasource: SOURCES.maxCompute,
      columns: [['__value__', 'v']],
      truncate: false,
      concurrent: 1,
      ...options,
    })
    const name = this.newName('job')
    await applyJob(this.system.client, name, job, this.system.group)
    return name
  }

  start(job: string): Promise<number> {
    return startRun(this.system.client, job)
  }

  /** Lets the run end. */
  end(runId: number): Promise<RunProgress> {
    return waitForRun(this.system.client, runId)
  }

  async run(job: string): Promise<RunProgress> {
    return this.end(await this.start(job))
  }

  /** The run's progress as soon as it is as wanted. */
  async until(runId: number, isSo: (progress: RunProgress) => boolean): Promise<RunProgress> {
    const deadline = performance.now() + UNTIL_TIMEOUT_MS
    for (;;) {
      const progress = await this.system.client.runProgress(runId)
      if (isSo(progress)) return progress
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(progress)}`)
      await sleep(POLL_MS)
    }
  }

  /**
   * Starts a run, and lets `change` happen after the run was planned and before anything was read:
   * until then the service refuses to open an upload session.
   */
  async runWithChange(job: string, change: () => Promise<unknown>): Promise<RunProgress> {
    await this.#arm(REFUSING_FAULT)
    const runId = await this.start(job)
    await this.until(runId, (progress) => progress.phase === 'opening')
    await change()
    await this.#faults('DELETE')
    return this.end(runId)
  }

  /** How many upload sessions were asked for while `work` went on. */
  async uploadsAskedFor(work: () => Promise<unknown>): Promise<number> {
    await this.#arm(COUNTING_FAULT)
    await work()
    const armed = (await (await this.#faults('GET')).json()) as readonly { readonly seen: number }[]
    await this.#faults('DELETE')
    return armed[0]?.seen ?? Number.NaN
  }

  /** The command line, as a user calls it. */
  cli(...args: readonly string[]): Promise<CliAnswer> {
    const { apiUrl, tokenFile } = this.system.controlPlane
    const env = { ...process.env, SLUICE_SERVER: apiUrl, SLUICE_TOKEN_FILE: tokenFile }
    const flags = ['--disable-warning=ExperimentalWarning', CLI, ...args]
    return new Promise((resolve) => {
      execFile(process.execPath, flags, { env }, (error, stdout, stderr) => {
        const exitCode = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1
        resolve({ exitCode, stdout, stderr })
      })
    })
  }

  /** @returns the path */
  file(name: string, text: string): string {
    const path = join(this.system.stateDir, name)
    writeFileSync(path, text)
    return path
  }

  async #arm(fault: object): Promise<void> {
    const answer = await this.#faults('POST', JSON.stringify(fault))
    if (!answer.ok) throw new Error(`the endpoint refused a fault: ${await answer.text()}`)
  }

  #faults(method: string, body?: string): Promise<Response> {
    const url = `${this.system.endpoint.tunnelUrl}/__faults`
    return fetch(url, body === undefined ? { method } : { method, body })
  }
}

export function errorOf(progress: RunProgress): RunError {
  if (progress.error === null) throw new Error(`the run has no error: ${JSON.stringify(progress)}`)
  return progress.error as RunError
}
