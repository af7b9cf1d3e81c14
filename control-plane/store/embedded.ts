/**
 * The embedded store: PGlite, PostgreSQL compiled to WebAssembly, in `<dataDir>/postgres`.
 *
 * One connection, so statements and transactions come strictly one after the other. Every commit is
 * written to the operating system before it is acknowledged: kill -9 loses nothing. PGlite has no
 * fsync, so a power cut of the host may; whoever needs more takes a PostgreSQL server.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { PGlite, types } from '@electric-sql/pglite'
import type { Transaction } from '@electric-sql/pglite'

import type { Backend, ScriptTransaction } from './backend.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { StoreError } from './database.ts'
import { driverError } from './driver-error.ts'
import { safeInteger } from './safe-integer.ts'
import { TransactionScopes } from './transaction-scope.ts'
import type { StatementRunner } from './transaction-scope.ts'

/** Opens (or creates) the store; StoreError UNAVAILABLE when another process has it. */
export async function openEmbedded(dataDir: string): Promise<Backend> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockDataDir(dataDir)
  const where = `the embedded store in ${dataDir}`
  try {
    const pglite = await PGlite.create({
      dataDir: join(dataDir, 'postgres'),
      parsers: { [types.INT8]: safeInteger },
    })
    return new EmbeddedDatabase(pglite, where, unlock)
  } catch (cause) {
    unlock()
    throw driverError(cause, where)
  }
}

class EmbeddedDatabase implements Backend {
  readonly #pglite: PGlite
  readonly #where: string
  readonly #unlock: () => void
  readonly #scopes = new TransactionScopes()

  constructor(pglite: PGlite, where: string, unlock: () => void) {
    this.#pglite = pglite
    this.#where = where
    this.#unlock = unlock
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    this.#scopes.refuseInside()
    this.#refuseClosed()
    return (await this.#runner(this.#pglite).query(sql, params)) as Row[]
  }

  transaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    return this.scriptTransaction(work)
  }

  async scriptTransaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    this.#scopes.refuseInside()
    this.#refuseClosed()
    let thrown: { error: unknown } | undefined
    try {
      return await this.#pglite.transaction(async (tx) => {
        try {
          return await this.#scopes.run(this.#runner(tx), work)
        } catch (error) {
          thrown = { error }
          throw error // PGlite rolls back
        }
      })
    } catch (error) {
      if (thrown) throw thrown.error
      throw driverError(error, this.#where) // of BEGIN or COMMIT
    }
  }

  async close(): Promise<void> {
    this.#scopes.refuseInside()
    if (this.#pglite.closed) return
    try {
      await this.#pglite.close()
    } finally {
      this.#unlock()
    }
  }

  #refuseClosed(): void {
    if (this.#pglite.closed) throw new StoreError('UNAVAILABLE', `${this.#where} is closed`)
  }

  #runner(target: PGlite | Transaction): StatementRunner {
    return {
      query: async (sql, params) => {
        try {
          return (await target.query<object>(sql, [...params])).rows
        } catch (cause) {
          throw driverError(cause, this.#where)
        }
      },
      script: async (sql) => {
        try {
          await target.exec(sql)
        } catch (cause) {
          throw driverError(cause, this.#where)
        }
      },
    }
  }
}
