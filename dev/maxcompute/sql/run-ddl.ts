import { randomUUID } from 'node:crypto'

import type { CatalogChange } from '../store/catalog.ts'
import { partitionText } from '../store/table-def.ts'
import type { ColumnDef, TableDef } from '../store/table-def.ts'
import { resolveTable } from './context.ts'
import type { SqlContext } from './context.ts'
import { partitionValues, staticSpec } from './partition-clause.ts'
import { runInsert } from './run-insert.ts'
import { queryColumns } from './run-query.ts'
import { semanticError, SqlError } from './sql-error.ts'
import type { AlterAction, CreateTable, PartitionClause, TableName } from './statement.ts'

export async function createTable(context: SqlContext, statement: CreateTable): Promise<void> {
  const project = statement.table.project ?? context.project
  const { name } = statement.table
  context.catalog.projectCreatedMs(project)
  if (context.catalog.findTable(project, name) !== null) {
    if (statement.ifNotExists) return
    const message = `Table or view already exists - table or view ${project}.${name} is already defined`
    throw new SqlError('ODPS-0130211', statement.table, message)
  }
  const table = await newTable(context, statement, project)
  await context.catalog.write(async (change) => {
    if (context.catalog.findTable(project, name) !== null) {
      throw new SqlError('ODPS-0130211', statement.table, `table ${project}.${name} already exists`)
    }
    await change.createTable(table)
    if (statement.query === null) await context.recordSuccess(change.connection)
  })
  if (statement.query === null) return
  const { query } = statement
  const target = { kind: 'insert', table: statement.table, isOverwrite: false } as const
  await runInsert(context, { ...target, partition: null, columns: null, query })
}

export async function dropTable(
  context: SqlContext,
  name: TableName,
  ifExists: boolean,
): Promise<void> {
  const project = name.project ?? context.project
  if (ifExists && context.catalog.findTable(project, name.name) === null) return
  await context.catalog.write(async (change) => {
    await change.dropTable(resolveTable(context, name))
    await context.recordSuccess(change.connection)
  })
}

export async function truncateTable(
  context: SqlContext,
  name: TableName,
  partition: PartitionClause | null,
): Promise<void> {
  await context.catalog.write(async (change) => {
    const table = resolveTable(context, name)
    const values = partition === null ? null : existingPartition(context, table, partition, name)
    await change.deleteRows(table, values)
    await change.updateTable({ ...table, lastModifiedMs: context.nowMs })
    await context.recordSuccess(change.connection)
  })
}

export async function alterTable(
  context: SqlContext,
  name: TableName,
  action: AlterAction,
): Promise<void> {
  await context.catalog.write(async (change) => {
    const table = resolveTable(context, name)
    await alter(context, change, table, action, name)
    await context.recordSuccess(change.connection)
  })
}

async function alter(
  context: SqlContext,
  change: CatalogChange,
  table: TableDef,
  action: AlterAction,
  name: TableName,
): Promise<void> {
  const lastDdlMs = context.nowMs
  switch (action.kind) {
    case 'add-partitions':
      for (const clause of action.specs) {
        const values = partitionValues(table, staticSpec(clause, name), name)
        if (context.catalog.findPartition(table, values) === null) {
          await change.addPartition(table, values, context.nowMs)
        } else if (!action.ifNotExists) {
          const message = `Partition already exists - ${partitionText(table, values)}`
          throw new SqlError('ODPS-0130071', name, message)
        }
      }
      return
    case 'drop-partitions':
      for (const clause of action.specs) {
        const values = partitionValues(table, staticSpec(clause, name), name)
        const isThere = context.catalog.findPartition(table, values) !== null
        if (isThere) await change.dropPartition(table, values)
        else if (!action.ifExists) throw noPartition(table, values, name)
      }
      return
    case 'add-columns':
      await addColumns(context, change, table, action, name)
      return
    case 'set-lifecycle':
      await change.updateTable({ ...table, lifecycle: action.lifecycle, lastDdlMs })
      return
    case 'set-comment':
      await change.updateTable({ ...table, comment: action.comment, lastDdlMs })
      return
    case 'set-properties': {
      const properties = { ...table.properties, ...action.properties }
      await change.updateTable({ ...table, properties, lastDdlMs })
    }
  }
}

async function addColumns(
  context: SqlContext,
  change: CatalogChange,
  table: TableDef,
  action: Extract<AlterAction, { kind: 'add-columns' }>,
  name: TableName,
): Promise<void> {
  const existing = new Set([...table.columns, ...table.partitionKeys].map((c) => c.name))
  const fresh = action.columns.filter((c) => !existing.has(c.name))
  if (fresh.length < action.columns.length && !action.ifNotExists) {
    const twice = action.columns.find((c) => existing.has(c.name))
    throw semanticError(name, `column ${twice?.name ?? ''} already exists in ${table.name}`)
  }
  const notNull = fresh.find((c) => !c.isNullable)
  if (notNull !== undefined)
    throw semanticError(name, `added column ${notNull.name} cannot be NOT NULL`)
  await change.addColumns(table, fresh, context.nowMs)
}

export function existingPartition(
  context: SqlContext,
  table: TableDef,
  clause: PartitionClause,
  name: TableName,
): string[] {
  const values = partitionValues(table, staticSpec(clause, name), name)
  if (context.catalog.findPartition(table, values) === null) throw noPartition(table, values, name)
  return values
}

function noPartition(table: TableDef, values: readonly string[], name: TableName): SqlError {
  const text = partitionText(table, values)
  return semanticError(
    name,
    `Partition not found - partition ${text} of ${table.project}.${table.name}`,
  )
}

async function newTable(
  context: SqlContext,
  statement: CreateTable,
  project: string,
): Promise<TableDef> {
  const like = statement.like === null ? null : resolveTable(context, statement.like)
  const columns = like?.columns ?? (await columnsOf(context, statement))
  return {
    id: randomUUID().replaceAll('-', ''),
    project,
    name: statement.table.name,
    columns,
    partitionKeys: like?.partitionKeys ?? statement.partitionKeys,
    comment: statement.comment,
    lifecycle: statement.lifecycle,
    properties: statement.properties,
    createdMs: context.nowMs,
    lastDdlMs: context.nowMs,
    lastModifiedMs: context.nowMs,
  }
}

async function columnsOf(
  context: SqlContext,
  statement: CreateTable,
): Promise<readonly ColumnDef[]> {
  if (statement.query === null) return statement.columns
  return queryColumns(context, statement.query)
}
