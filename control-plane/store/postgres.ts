/** The store on a PostgreSQL server (>= 14): a bounded pool, one client for each transaction. */
import { Pool, types } from 'pg'
import type { ClientBase, PoolClient } from 'pg'

import type { Backend, ScriptTransaction } from './backend.ts'
import { StoreError } from './database.ts'
import { driverError } from './driver-error.ts'
import { safeInteger } from './safe-integer.ts'
import { TransactionScopes } from './transaction-scope.ts'
import type { StatementRunner } from './transaction-scope.ts'

const POOL_CONNECTIONS_MAX = 10
const CONNECT_TIMEOUT_MS = 10_000
/** A connection that answers nothing for so long is given up: the server or the way to it is gone. */
const QUERY_TIMEOUT_MS = 60_000
/**
 * A control plane that is stopped (SIGSTOP, a frozen virtual machine) inside a transaction holds row locks,
 * among them that of control_plane: the server ends it, so that another process can take over.
 */
const IDLE_IN_TRANSACTION_MS = 30_000

const OID_BYTEA = 17
const OID_INT8 = 20
const OID_INT8_ARRAY = 1016

type TypeId = Parameters<typeof types.getTypeParser>[0]

/** Opens the pool and reaches the server once; StoreError UNAVAILABLE or FAILED when it cannot. */
export async function openPostgres(databaseUrl: string): Promise<Backend> {
  const where = describe(databaseUrl)
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'sluice',
    max: POOL_CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser },
  })
  // An idle connection that breaks leaves the pool by itself; the next statement opens another.
  pool.on('error', () => {})
  const database = new PostgresDatabase(pool, where)
  try {
    await database.query('SELECT 1')
  } catch (error) {
    await pool.end()
    throw error
  }
  return database
}

class PostgresDatabase implements Backend {
  readonly #pool: Pool
  readonly #where: string
  readonly #scopes = new TransactionScopes()

  constructor(pool: Pool, where: string) {
    this.#pool = pool
    this.#where = where
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    this.#scopes.refuseInside()
    return this.#withClient(async (runner) => (await runner.query(sql, params)) as Row[])
  }

  transaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    return this.scriptTransaction(work)
  }

  async scriptTransaction<T>(work: (tx: ScriptTransaction) => Promise<T>): Promise<T> {
    this.#scopes.refuseInside()
    return this.#withClient(async (runner, client) => {
      await runner.script(
        'BEGIN ISOLATION LEVEL READ COMMITTED; ' +
          `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
      )
      let value: T
      try {
        value = await this.#scopes.run(runner, work)
      } catch (error) {
        // Whether the rollback gets through or not: without a COMMIT nothing of it is kept.
        await runner.script('ROLLBACK').catch(() => {})
        throw error
      }
      await this.#commit(client)
      return value
    })
  }

  async close(): Promise<void> {
    this.#scopes.refuseInside()
    if (!this.#pool.ended) await this.#pool.end()
  }

  /** COMMIT of a transaction in which a statement failed is answered with ROLLBACK, not an error. */
  async #commit(client: ClientBase): Promise<void> {
    let answer: string
    try {
      answer = (await client.query('COMMIT')).command
    } catch (cause) {
      throw driverError(cause, this.#where)
    }
    if (answer !== 'COMMIT') {
      throw new StoreError(
        'FAILED',
        `${this.#where}: rolled back, because a statement of the transaction had failed`,
      )
    }
  }

  async #withClient<T>(work: (runner: StatementRunner, client: PoolClient) => Promise<T>) {
    if (this.#pool.ended) throw new StoreError('UNAVAILABLE', `${this.#where} is closed`)
    let client: PoolClient
    try {
      client = await this.#pool.connect()
    } catch (cause) {
      throw driverError(cause, this.#where)
    }
    let broken = false
    const onError = (): void => {
      broken = true // the statement under way is rejected with the reason
    }
    client.on('error', onError)
    try {
      return await work(clientRunner(client, this.#where), client)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'UNAVAILABLE') broken = true
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }
}

/** One statement after the other: whoever says several at once need not wait, the driver must not see it. */
function clientRunner(client: ClientBase, where: string): StatementRunner {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(statement: () => Promise<T>): Promise<T> => {
    const answer = last.then(statement).catch((cause: unknown) => {
      throw driverError(cause, where)
    })
    last = answer.catch(() => {}) // its own caller hears of it
    return answer
  }
  return {
    query: (sql, params) =>
      inTurn(async () => (await client.query<object>({ text: sql, values: [...params] })).rows),
    script: (sql) =>
      inTurn(async () => {
        await client.query(sql)
      }),
  }
}

/** The values that database.ts promises; every other type as pg reads it. */
const getTypeParser: typeof types.getTypeParser = (oid: TypeId, format?: string) => {
  const standard = types.getTypeParser(oid, format as 'text') as (text: string) => unknown
  return format === 'binary' ? standard : (ownTextParser(oid, standard) ?? standard)
}

function ownTextParser(oid: number, standard: (text: string) => unknown) {
  if (oid === OID_INT8) return safeInteger
  if (oid === OID_INT8_ARRAY) return (text: string) => integersOf(standard(text))
  if (oid === OID_BYTEA) return (text: string) => Uint8Array.from(standard(text) as Buffer)
  return undefined
}

function integersOf(values: unknown): unknown {
  if (Array.isArray(values)) return values.map(integersOf)
  return typeof values === 'string' ? safeInteger(values) : values
}

/** Host and database, never user or password. */
function describe(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl)
    const host = url.host || url.searchParams.get('host') || 'localhost'
    return `PostgreSQL at ${host}${url.pathname}`
  } catch {
    return 'PostgreSQL'
  }
}
