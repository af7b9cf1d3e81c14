import { randomUUID } from 'node:crypto'

import type { DuckDBConnection } from '@duckdb/node-api'

import { ServiceError } from '../service-error.ts'
import { quoteName, quoteText, toDuckSql } from '../type/duckdb-type.ts'
import { DATABASE_NAME, META_SCHEMA, RESULT_SCHEMA } from './database.ts'
import type { Database } from './database.ts'
import { decodeTable, encodeTable } from './table-def.ts'
import type { ColumnDef, PartitionDef, TableDef } from './table-def.ts'

const PROJECT_NAME = /^[a-z][a-z0-9_]{1,127}$/
/** Schemas and databases of DuckDB and of the endpoint. */
const RESERVED_PROJECTS = new Set([
  META_SCHEMA,
  RESULT_SCHEMA,
  DATABASE_NAME,
  'main',
  'information_schema',
  'pg_catalog',
  'temp',
  'system',
  'memory',
])

/**
 * Projects, tables and partitions.
 *
 * C1. The maps here mirror the meta tables: `write` changes both, and the maps only after the commit.
 * C2. A partitioned table is one DuckDB table with its partition keys as last columns; a partition without rows
 *     exists only in the meta table.
 */
export class Catalog {
  private readonly database: Database
  private readonly projects = new Map<string, number>()
  private readonly tables = new Map<string, TableDef>()
  private readonly partitions = new Map<string, Map<string, PartitionDef>>()
  /** Counts changes that move or remove rows, per table or partition: open downloads see them. */
  private readonly rewrites = new Map<string, number>()

  private constructor(database: Database) {
    this.database = database
  }

  static async load(database: Database, projects: readonly string[]): Promise<Catalog> {
    const catalog = new Catalog(database)
    await catalog.read()
    for (const project of projects) await catalog.createProject(project)
    return catalog
  }

  projectCreatedMs(name: string): number {
    const created = this.projects.get(name.toLowerCase())
    if (created !== undefined) return created
    throw new ServiceError('NoSuchProject', `ODPS-0420111: Project not found - '${name}'`)
  }

  listTables(project: string): TableDef[] {
    const tables = [...this.tables.values()].filter((t) => t.project === project.toLowerCase())
    return tables.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  findTable(project: string, name: string): TableDef | null {
    return this.tables.get(tableKey(project, name)) ?? null
  }

  table(project: string, name: string): TableDef {
    this.projectCreatedMs(project)
    const table = this.findTable(project, name)
    if (table !== null) return table
    throw new ServiceError(
      'NoSuchTable',
      `ODPS-0130131:Table not found - table ${project}.${name} cannot be resolved`,
    )
  }

  listPartitions(table: TableDef): PartitionDef[] {
    const list = [...(this.partitions.get(table.id)?.values() ?? [])]
    return list.sort((a, b) => (a.values.join('/') < b.values.join('/') ? -1 : 1))
  }

  findPartition(table: TableDef, values: readonly string[]): PartitionDef | null {
    return this.partitions.get(table.id)?.get(JSON.stringify(values)) ?? null
  }

  rewriteCount(table: TableDef, values: readonly string[] | null): number {
    const ofTable = this.rewrites.get(table.id) ?? 0
    return ofTable + (values === null ? 0 : (this.rewrites.get(rewriteKey(table, values)) ?? 0))
  }

  /** Runs `work` in one write transaction; what it notes on the change is applied after the commit (C1). */
  async write<T>(work: (change: CatalogChange) => Promise<T>, project?: string): Promise<T> {
    const { result, change } = await this.database.write(async (connection) => {
      const change = new CatalogChange(connection)
      return { result: await work(change), change }
    }, project)
    for (const apply of change.afterCommit) {
      apply({ tables: this.tables, partitions: this.partitions, rewrites: this.rewrites })
    }
    return result
  }

  private async createProject(name: string): Promise<void> {
    if (!PROJECT_NAME.test(name) || RESERVED_PROJECTS.has(name)) {
      throw new ServiceError(
        'InvalidArgument',
        `project name '${name}' is not allowed: 2 to 128 of a-z, 0-9 and _, beginning with a letter, and none of ${[...RESERVED_PROJECTS].join(', ')}`,
      )
    }
    if (this.projects.has(name)) return
    const createdMs = Date.now()
    await this.database.write(async (connection) => {
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteName(name)}`)
      await connection.run(`INSERT INTO ${META_SCHEMA}.projects VALUES (?, ?)`, [
        name,
        BigInt(createdMs),
      ])
    })
    this.projects.set(name, createdMs)
  }

  private async read(): Promise<void> {
    const connection = await this.database.connect()
    try {
      const projects = await connection.runAndReadAll(`SELECT * FROM ${META_SCHEMA}.projects`)
      for (const [name, created] of projects.getRows()) {
        this.projects.set(String(name), Number(created))
      }
      const tables = await connection.runAndReadAll(`SELECT definition FROM ${META_SCHEMA}.tables`)
      for (const [definition] of tables.getRows()) {
        const table = decodeTable(String(definition))
        this.tables.set(tableKey(table.project, table.name), table)
      }
      const partitions = await connection.runAndReadAll(`SELECT * FROM ${META_SCHEMA}.partitions`)
      for (const [tableId, spec, created, modified] of partitions.getRows()) {
        setPartition(this.partitions, String(tableId), {
          values: JSON.parse(String(spec)) as string[],
          createdMs: Number(created),
          lastModifiedMs: Number(modified),
        })
      }
    } finally {
      connection.closeSync()
    }
  }
}

interface CatalogMaps {
  readonly tables: Map<string, TableDef>
  readonly partitions: Map<string, Map<string, PartitionDef>>
  readonly rewrites: Map<string, number>
}

/** What one write transaction does to the catalog. */
export class CatalogChange {
  readonly connection: DuckDBConnection
  readonly afterCommit: ((maps: CatalogMaps) => void)[] = []

  constructor(connection: DuckDBConnection) {
    this.connection = connection
  }

  async createTable(table: TableDef): Promise<void> {
    await this.connection.run(createTableSql(table, table.name))
    await this.storeTable(table)
  }

  async dropTable(table: TableDef): Promise<void> {
    await this.connection.run(`DROP TABLE ${physicalName(table)}`)
    await this.forgetTable(table)
    await this.connection.run(
      `DELETE FROM ${META_SCHEMA}.partitions WHERE table_id = ${quoteText(table.id)}`,
    )
    this.afterCommit.push(({ tables, partitions }) => {
      tables.delete(tableKey(table.project, table.name))
      partitions.delete(table.id)
    })
    this.noteRewrite(table, null)
  }

  /** Adds columns behind the data columns and before the partition keys. */
  async addColumns(table: TableDef, columns: readonly ColumnDef[], nowMs: number): Promise<void> {
    const next = {
      ...table,
      columns: [...table.columns, ...columns],
      lastDdlMs: nowMs,
      lastModifiedMs: nowMs,
    }
    if (table.partitionKeys.length === 0) {
      for (const column of columns) {
        const name = `${quoteName(column.name)} ${toDuckSql(column.type)}`
        await this.connection.run(`ALTER TABLE ${physicalName(table)} ADD COLUMN ${name}`)
      }
    } else {
      // DuckDB adds columns at the end only, and the partition keys stand there.
      const copy = `sluice_copy_${randomUUID().replaceAll('-', '')}`
      const names = [...table.columns, ...table.partitionKeys].map((c) => quoteName(c.name))
      await this.connection.run(createTableSql(next, copy))
      const target = `${quoteName(table.project)}.${quoteName(copy)}`
      const list = names.join(', ')
      await this.connection.run(
        `INSERT INTO ${target} (${list}) SELECT ${list} FROM ${physicalName(table)}`,
      )
      await this.connection.run(`DROP TABLE ${physicalName(table)}`)
      await this.connection.run(`ALTER TABLE ${target} RENAME TO ${quoteName(table.name)}`)
    }
    await this.updateTable(next)
    this.noteRewrite(table, null)
  }

  async updateTable(table: TableDef): Promise<void> {
    await this.forgetTable(table)
    await this.storeTable(table)
  }

  async addPartition(table: TableDef, values: readonly string[], nowMs: number): Promise<void> {
    const partition = { values, createdMs: nowMs, lastModifiedMs: nowMs }
    await this.connection.run(`INSERT INTO ${META_SCHEMA}.partitions VALUES (?, ?, ?, ?)`, [
      table.id,
      JSON.stringify(values),
      BigInt(nowMs),
      BigInt(nowMs),
    ])
    this.afterCommit.push(({ partitions }) => setPartition(partitions, table.id, partition))
  }

  async touchPartition(table: TableDef, values: readonly string[], nowMs: number): Promise<void> {
    const spec = JSON.stringify(values)
    await this.connection.run(
      `UPDATE ${META_SCHEMA}.partitions SET modified_ms = ${nowMs} WHERE table_id = ${quoteText(table.id)} AND spec = ${quoteText(spec)}`,
    )
    this.afterCommit.push(({ partitions }) => {
      const old = partitions.get(table.id)?.get(spec)
      if (old !== undefined) setPartition(partitions, table.id, { ...old, lastModifiedMs: nowMs })
    })
  }

  async dropPartition(table: TableDef, values: readonly string[]): Promise<void> {
    await this.deleteRows(table, values)
    const spec = JSON.stringify(values)
    await this.connection.run(
      `DELETE FROM ${META_SCHEMA}.partitions WHERE table_id = ${quoteText(table.id)} AND spec = ${quoteText(spec)}`,
    )
    this.afterCommit.push(({ partitions }) => partitions.get(table.id)?.delete(spec))
  }

  /** Removes the rows of a partition, or of the whole table when `values` is null. */
  async deleteRows(table: TableDef, values: readonly string[] | null): Promise<void> {
    const where = values === null ? '' : ` WHERE ${partitionCondition(table, values)}`
    await this.connection.run(`DELETE FROM ${physicalName(table)}${where}`)
    this.noteRewrite(table, values)
  }

  private noteRewrite(table: TableDef, values: readonly string[] | null): void {
    const key = values === null ? table.id : rewriteKey(table, values)
    this.afterCommit.push(({ rewrites }) => rewrites.set(key, (rewrites.get(key) ?? 0) + 1))
  }

  private async storeTable(table: TableDef): Promise<void> {
    await this.connection.run(`INSERT INTO ${META_SCHEMA}.tables VALUES (?, ?, ?)`, [
      table.project,
      table.name,
      encodeTable(table),
    ])
    this.afterCommit.push(({ tables }) => tables.set(tableKey(table.project, table.name), table))
  }

  private async forgetTable(table: TableDef): Promise<void> {
    await this.connection.run(
      `DELETE FROM ${META_SCHEMA}.tables WHERE project = ${quoteText(table.project)} AND name = ${quoteText(table.name)}`,
    )
  }
}

/** The DuckDB table of a table, quoted. */
export function physicalName(table: TableDef): string {
  return `${quoteName(table.project)}.${quoteName(table.name)}`
}

/** The SQL condition for the rows of one partition. */
export function partitionCondition(table: TableDef, values: readonly string[]): string {
  const parts = table.partitionKeys.map(
    (key, i) =>
      `${quoteName(key.name)} = CAST(${quoteText(values[i] ?? '')} AS ${toDuckSql(key.type)})`,
  )
  return parts.join(' AND ')
}

function createTableSql(table: TableDef, name: string): string {
  const columns = [...table.columns, ...table.partitionKeys].map(
    (c) => `${quoteName(c.name)} ${toDuckSql(c.type)}${c.isNullable ? '' : ' NOT NULL'}`,
  )
  return `CREATE TABLE ${quoteName(table.project)}.${quoteName(name)} (${columns.join(', ')})`
}

function setPartition(
  partitions: Map<string, Map<string, PartitionDef>>,
  tableId: string,
  partition: PartitionDef,
): void {
  const ofTable = partitions.get(tableId) ?? new Map<string, PartitionDef>()
  ofTable.set(JSON.stringify(partition.values), partition)
  partitions.set(tableId, ofTable)
}

function tableKey(project: string, name: string): string {
  return `${project.toLowerCase()}.${name.toLowerCase()}`
}

function rewriteKey(table: TableDef, values: readonly string[]): string {
  return `${table.id} ${JSON.stringify(values)}`
}
