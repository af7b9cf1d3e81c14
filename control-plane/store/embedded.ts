/**
 * The embedded store: PGlite, PostgreSQL compiled to WebAssembly, in `<dataDir>/postgres`.
 *
 * One connection, so statements and transactions come strictly one after the other. Every commit is
 * written to the operating system before it is acknowledged: kill -9 loses nothing. PGlite has no
 * fsync, so a power cut of the host may; whoever needs more takes a PostgreSQL server.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Backend, ScriptTransaction } from './backend.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { StoreError } from './database.ts'
import { driverError } from './driver-error.ts'
import { EmbeddedThread } from './embedded-thread.ts'
import { TransactionScopes } from './transaction-scope.ts'
import type { StatementRunner } from './transaction-scope.ts'

/** PGlite computes here. */
const WORKER_URL = new URL('embedded-worker.ts', import.meta.url)

export interface EmbeddedOptions {
  /** The store has stopped by itself and does not come back. Absent: only callers hear of it. */
  readonly onLost?: (error: StoreError) => void
  /** For tests. */
  readonly workerUrl?: URL
}

/** Opens (or creates) the store; StoreError UNAVAILABLE when another process has it. */
export async function openEmbedded(
  dataDir: string,
  { onLost = () => {}, workerUrl = WORKER_URL }: EmbeddedOptions = {},
): Promise<Backend> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockDataDir(dataDir)
  const where = `the embedded store in ${dataDir}`
  try {
    const thread = await EmbeddedThread.open({
      dataDir: join(dataDir, 'postgres'),
      where,
      onLost,
      workerUrl,
    })
    return new EmbeddedDatabase(thread, where, unlock)
  } catch (cause) {
    unlock()
    throw driverError(cause, where)
  }
}

class EmbeddedDatabase implements Backend {
  readonly #thread: EmbeddedThread
  readonly #where: string
  readonly #unlock: () => void
  readonly #scopes = new TransactionScopes()
  #closed = false

  constructor(thread: EmbeddedThread, where: string, unlock: () => void) {
    this.#thread = thread
    this.#where = where
    this.#unlock = unlock
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    this.#scopes.refuseInside()
    this.#refuseClosed()
    return (await this.#runner(null).query(sql, params)) as Row[]
  }

  transaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    return this.scriptTransaction(work)
  }

  async scriptTransaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    this.#scopes.refuseInside()
    this.#refuseClosed()
    // Nobody waits for BEGIN: each answer of the thread waits for a turn of this one, which may be busy.
    const begin = this.#thread.call({ kind: 'begin' })
    const begun = this.#orDriverError(begin.rows)
    begun.catch(() => {}) // whoever waits for it below, or for a statement, hears of it
    let value: T
    try {
      value = await this.#scopes.run(this.#runner(begin.id), work)
      await begun
    } catch (error) {
      // What the work says counts; a store that cannot even undo says so to whoever asks next.
      await this.#end(begin.id, 'rollback').catch(() => {})
      throw error
    }
    await this.#end(begin.id, 'commit')
    return value
  }

  async close(): Promise<void> {
    this.#scopes.refuseInside()
    if (this.#closed) return
    this.#closed = true
    try {
      await this.#thread.close()
    } catch (cause) {
      throw driverError(cause, this.#where)
    } finally {
      this.#unlock()
    }
  }

  async #end(tx: number, outcome: 'commit' | 'rollback'): Promise<void> {
    await this.#orDriverError(this.#thread.call({ kind: 'end', tx, outcome }).rows)
  }

  #refuseClosed(): void {
    if (this.#closed) throw new StoreError('UNAVAILABLE', `${this.#where} is closed`)
  }

  /** `tx` null: no transaction. */
  #runner(tx: number | null): StatementRunner {
    return {
      query: async (sql, params) => [
        ...(await this.#orDriverError(this.#thread.call({ kind: 'query', tx, sql, params }).rows)),
      ],
      script: async (sql) => {
        if (tx === null) throw new Error('scripts run in transactions')
        await this.#orDriverError(this.#thread.call({ kind: 'script', tx, sql }).rows)
      },
    }
  }

  async #orDriverError(rows: Promise<readonly object[]>): Promise<readonly object[]> {
    try {
      return await rows
    } catch (cause) {
      throw driverError(cause, this.#where)
    }
  }
}
