import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'

import type { DuckDBConnection } from '@duckdb/node-api'

import { resultTable } from '../sql/run-query.ts'
import { runSql } from '../sql/run-sql.ts'
import { SqlError } from '../sql/sql-error.ts'
import type { Catalog } from '../store/catalog.ts'
import { META_SCHEMA } from '../store/database.ts'
import type { Database } from '../store/database.ts'
import { quoteText } from '../type/duckdb-type.ts'
import { newId } from '../upload/upload-routes.ts'
import { decodeInstance, encodeInstance, NO_RESULT } from './instance.ts'
import type { Instance } from './instance.ts'
import type { SubmittedTask } from './job-xml.ts'

const INSTANCE_LIFE_MS = 24 * 60 * 60 * 1000

/**
 * SQL instances: run one after another in the background, one file each.
 *
 * N1. A statement that writes records the instance's success in its own transaction. An instance that was running
 *     when the process died succeeded exactly if that record is there.
 * N2. Stopping works until the commit: the record is not written for a stopped instance, and the statement rolls back.
 */
export class InstanceStore {
  private readonly dir: string
  private readonly catalog: Catalog
  private readonly database: Database
  private readonly now: () => number
  private readonly instances = new Map<string, Instance>()
  private readonly running = new Map<string, Promise<void>>()

  private constructor(dir: string, catalog: Catalog, database: Database, now: () => number) {
    this.dir = dir
    this.catalog = catalog
    this.database = database
    this.now = now
  }

  static async open(
    dataDir: string,
    catalog: Catalog,
    database: Database,
    now: () => number,
  ): Promise<InstanceStore> {
    const store = new InstanceStore(path.join(dataDir, 'instances'), catalog, database, now)
    await mkdir(store.dir, { recursive: true })
    const succeeded = await store.readSucceeded()
    for (const name of (await readdir(store.dir)).sort()) await store.recover(name, succeeded)
    return store
  }

  find(project: string, id: string): Instance | null {
    const instance = this.instances.get(id)
    return instance?.project === project.toLowerCase() ? instance : null
  }

  list(project: string): Instance[] {
    return [...this.instances.values()].filter((i) => i.project === project.toLowerCase())
  }

  async submit(project: string, task: SubmittedTask, job: string): Promise<Instance> {
    const startedMs = this.now()
    await this.removeOld(startedMs)
    const instance: Instance = {
      id: newId(startedMs),
      project: project.toLowerCase(),
      taskName: task.name,
      taskType: task.type,
      job,
      query: task.query,
      startedMs,
      endedMs: null,
      status: 'Running',
      result: NO_RESULT,
    }
    await this.save(instance)
    this.instances.set(instance.id, instance)
    const run = this.run(instance).finally(() => this.running.delete(instance.id))
    this.running.set(instance.id, run)
    return instance
  }

  stop(instance: Instance): void {
    if (instance.status === 'Running') this.finish(instance, 'Cancelled', NO_RESULT)
  }

  /** Resolves when the instance has ended, or after `timeoutMs`. */
  async settled(instance: Instance, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([this.running.get(instance.id) ?? Promise.resolve(), promise])
    clearTimeout(timer)
  }

  async close(): Promise<void> {
    await Promise.all(this.running.values())
  }

  private async run(instance: Instance): Promise<void> {
    try {
      const result = await runSql(
        {
          catalog: this.catalog,
          project: instance.project,
          source: instance.query,
          resultId: instance.id,
          nowMs: this.now(),
          recordSuccess: async (connection) => this.recordSuccess(instance, connection),
        },
        () => instance.status === 'Cancelled',
      )
      this.finish(instance, 'Success', result)
    } catch (error) {
      const text = error instanceof SqlError ? error.text : `ODPS-0010000:${String(error)}`
      this.finish(instance, 'Failed', { kind: 'text', text })
    }
    await this.save(instance)
  }

  private finish(instance: Instance, status: Instance['status'], result: Instance['result']): void {
    if (instance.status !== 'Running') return
    instance.status = status
    instance.result = result
    instance.endedMs = this.now()
  }

  private async recordSuccess(instance: Instance, connection: DuckDBConnection): Promise<void> {
    if (instance.status === 'Cancelled') {
      throw new SqlError('ODPS-0010000', null, 'the instance was stopped')
    }
    await connection.run(`INSERT INTO ${META_SCHEMA}.instances VALUES (?, ?)`, [
      instance.id,
      BigInt(this.now()),
    ])
  }

  private async readSucceeded(): Promise<Map<string, number>> {
    const connection = await this.database.connect()
    try {
      const reader = await connection.runAndReadAll(
        `SELECT id, ended_ms FROM ${META_SCHEMA}.instances`,
      )
      return new Map(reader.getRows().map(([id, ended]) => [String(id), Number(ended)]))
    } finally {
      connection.closeSync()
    }
  }

  private async recover(name: string, succeeded: ReadonlyMap<string, number>): Promise<void> {
    const file = path.join(this.dir, name)
    if (!name.endsWith('.json')) {
      await rm(file, { force: true })
      return
    }
    const instance = decodeInstance(await readFile(file, 'utf8'))
    if (this.now() - instance.startedMs > INSTANCE_LIFE_MS) {
      await this.forget(instance, file)
      return
    }
    if (instance.status === 'Running') this.decide(instance, succeeded.get(instance.id))
    this.instances.set(instance.id, instance)
  }

  /** N1. */
  private decide(instance: Instance, endedMs: number | undefined): void {
    if (endedMs !== undefined) {
      this.finish(instance, 'Success', NO_RESULT)
      return
    }
    const text =
      'ODPS-0010000:System internal error - the endpoint was restarted while the instance ran'
    this.finish(instance, 'Failed', { kind: 'text', text })
  }

  /** Instances are in order of their start. */
  private async removeOld(nowMs: number): Promise<void> {
    for (const instance of this.instances.values()) {
      if (nowMs - instance.startedMs <= INSTANCE_LIFE_MS || instance.status === 'Running') return
      this.instances.delete(instance.id)
      await this.forget(instance, path.join(this.dir, `${instance.id}.json`))
    }
  }

  private async forget(instance: Instance, file: string): Promise<void> {
    await this.database.write(async (connection) => {
      await connection.run(`DROP TABLE IF EXISTS ${resultTable(instance.id)}`)
      await connection.run(
        `DELETE FROM ${META_SCHEMA}.instances WHERE id = ${quoteText(instance.id)}`,
      )
    })
    await rm(file, { force: true })
  }

  private async save(instance: Instance): Promise<void> {
    const file = path.join(this.dir, `${instance.id}.json`)
    const handle = await open(`${file}.new`, 'w')
    try {
      await handle.writeFile(encodeInstance(instance))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${file}.new`, file)
  }
}
