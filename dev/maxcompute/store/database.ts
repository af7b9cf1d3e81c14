import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import { DuckDBInstance } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'

import { quoteText } from '../type/duckdb-type.ts'
import { SQL_MACROS } from './sql-macros.ts'

/**
 * Keeps the demo and the tests small; DuckDB spills to the temporary directory beyond it. What must fit are the rows of
 * one row group (ROW_GROUP_ROWS) when they are committed, so many values of megabytes in one upload need more.
 */
export const MEMORY_LIMIT_DEFAULT = '1GB'
/** DuckDB's own default is 122,880, which rows of 10 KB would not fit. */
const ROW_GROUP_ROWS = 8192
/** The attached database file; only an attached one can have small row groups. */
export const DATABASE_NAME = 'sluice_local'
const THREADS = '2'
/** Schemas of the endpoint itself; a project of such a name is refused. */
export const META_SCHEMA = 'sluice_meta'
export const RESULT_SCHEMA = 'sluice_results'

const META_TABLES = [
  `CREATE SCHEMA IF NOT EXISTS ${META_SCHEMA}`,
  `CREATE SCHEMA IF NOT EXISTS ${RESULT_SCHEMA}`,
  `CREATE TABLE IF NOT EXISTS ${META_SCHEMA}.projects (name VARCHAR, created_ms BIGINT)`,
  `CREATE TABLE IF NOT EXISTS ${META_SCHEMA}.tables (project VARCHAR, name VARCHAR, definition VARCHAR)`,
  `CREATE TABLE IF NOT EXISTS ${META_SCHEMA}.partitions (table_id VARCHAR, spec VARCHAR, created_ms BIGINT, modified_ms BIGINT)`,
  `CREATE TABLE IF NOT EXISTS ${META_SCHEMA}.closed_uploads (upload_id VARCHAR, closed_ms BIGINT, session VARCHAR)`,
  `CREATE TABLE IF NOT EXISTS ${META_SCHEMA}.instances (id VARCHAR, ended_ms BIGINT)`,
]

/**
 * The DuckDB database of one endpoint.
 *
 * D1. All writes go through `write`: one transaction at a time, so commits never conflict.
 * D2. Readers have connections of their own and see the last commit.
 */
export class Database {
  private readonly instance: DuckDBInstance
  private readonly writer: DuckDBConnection
  private tail: Promise<unknown> = Promise.resolve()

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection) {
    this.instance = instance
    this.writer = writer
  }

  static async open(
    dataDir: string,
    memoryLimit: string = MEMORY_LIMIT_DEFAULT,
  ): Promise<Database> {
    await mkdir(path.join(dataDir, 'tmp'), { recursive: true })
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: memoryLimit,
      threads: THREADS,
      temp_directory: path.join(dataDir, 'tmp'),
      preserve_insertion_order: 'true',
      errors_as_json: 'true',
      default_null_order: 'nulls_first_on_asc_last_on_desc',
      old_implicit_casting: 'true',
    })
    const writer = await instance.connect()
    const file = quoteText(path.join(dataDir, 'sluice-local.duckdb'))
    await writer.run(`ATTACH ${file} AS ${DATABASE_NAME} (ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`)
    await writer.run(searchPath(null))
    for (const sql of [...META_TABLES, ...SQL_MACROS]) await writer.run(sql)
    // SQL of users reads tables, not files of this machine.
    await writer.run('SET enable_external_access = false')
    return new Database(instance, writer)
  }

  /** A connection for reading (or for a statement's translation); close it when done. */
  async connect(project?: string): Promise<DuckDBConnection> {
    const connection = await this.instance.connect()
    await connection.run(`SET TimeZone = 'UTC'`)
    await connection.run(searchPath(project ?? null))
    return connection
  }

  /** Runs `work` in a transaction of its own (D1) and commits; rolls back and rethrows when it throws. */
  async write<T>(work: (connection: DuckDBConnection) => Promise<T>, project?: string): Promise<T> {
    const previous = this.tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.tail = promise
    await previous
    try {
      return await this.transaction(work, project)
    } finally {
      resolve()
    }
  }

  /** Waits for the running write and closes. */
  async close(): Promise<void> {
    await this.tail
    this.writer.closeSync()
    this.instance.closeSync()
  }

  private async transaction<T>(
    work: (connection: DuckDBConnection) => Promise<T>,
    project: string | undefined,
  ): Promise<T> {
    await this.writer.run(searchPath(project ?? null))
    await this.writer.run('BEGIN')
    let result: T
    try {
      result = await work(this.writer)
    } catch (error) {
      await this.writer.run('ROLLBACK')
      throw error
    }
    await this.writer.run('COMMIT')
    return result
  }
}

/** The names that a statement can leave the schema out of: its project's, and the macros. */
function searchPath(project: string | null): string {
  const main = `${DATABASE_NAME}.main`
  return `SET search_path = '${project === null ? main : `${DATABASE_NAME}.${project},${main}`}'`
}
