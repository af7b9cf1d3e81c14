import type { DuckDBConnection } from '@duckdb/node-api'

import type { CatalogChange } from '../store/catalog.ts'
import { physicalName } from '../store/catalog.ts'
import { canonicalValue } from '../store/partition-spec.ts'
import type { ColumnDef, TableDef } from '../store/table-def.ts'
import { quoteName, quoteText, toDuckSql } from '../type/duckdb-type.ts'
import { resolveTable } from './context.ts'
import type { SqlContext } from './context.ts'
import { describeQuery, inSqlTerms, subquery } from './run-query.ts'
import { semanticError } from './sql-error.ts'
import type { Insert } from './statement.ts'
import { translateQuery } from './translate.ts'

const STAGE = 'sluice_insert_stage'

/**
 * INSERT INTO | OVERWRITE. The query runs into a temporary table first: it may read what an overwrite replaces,
 * and the partitions of dynamic keys are known only from its rows. All in one transaction.
 */
export async function runInsert(context: SqlContext, insert: Insert): Promise<void> {
  const translation = translateQuery(context.source, insert.query)
  await inSqlTerms(context, null, async () =>
    context.catalog.write(async (change) => {
      const { connection } = change
      const table = resolveTable(context, insert.table)
      const plan = planColumns(table, insert)
      const given = await describeQuery(context, connection, translation)
      if (given.length !== plan.fromQuery.length) {
        throw semanticError(
          insert.table,
          `wrong column count: the query gives ${given.length} columns, ${table.project}.${table.name} takes ${plan.fromQuery.length}`,
        )
      }
      const casts = plan.fromQuery.map(
        (c, i) => `CAST(q.c${i} AS ${toDuckSql(c.type)}) AS ${quoteName(c.name)}`,
      )
      const statics = [...plan.constants].map(
        ([c, v]) => `CAST(${quoteText(v)} AS ${toDuckSql(c.type)}) AS ${quoteName(c.name)}`,
      )
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE ${STAGE} AS SELECT ${[...casts, ...statics].join(', ')} FROM ${subquery(translation, given.length)}`,
      )
      await replacePartitions(context, change, table, insert)
      const names = [...plan.fromQuery, ...plan.constants.keys()].map((c) => quoteName(c.name))
      const list = names.join(', ')
      await connection.run(
        `INSERT INTO ${physicalName(table)} (${list}) SELECT ${list} FROM ${STAGE}`,
      )
      await connection.run(`DROP TABLE ${STAGE}`)
      await change.updateTable({ ...table, lastModifiedMs: context.nowMs })
      await context.recordSuccess(connection)
    }, context.project),
  )
}

interface ColumnPlan {
  /** What the query's columns go to, in its order. */
  readonly fromQuery: readonly ColumnDef[]
  readonly constants: ReadonlyMap<ColumnDef, string>
}

/** Static partition keys are constants; dynamic ones come last in the query. */
function planColumns(table: TableDef, insert: Insert): ColumnPlan {
  const where = `${table.project}.${table.name}`
  const constants = new Map<ColumnDef, string>()
  const dynamic: ColumnDef[] = []
  const clause = insert.partition ?? table.partitionKeys.map((k) => ({ name: k.name, value: null }))
  for (const part of clause) {
    const key = table.partitionKeys.find((k) => k.name === part.name)
    if (key === undefined) {
      throw semanticError(insert.table, `${where} has no partition key ${part.name}`)
    }
    if (part.value === null) dynamic.push(key)
    else constants.set(key, canonicalValue(key.name, key.type, part.value))
  }
  const missing = table.partitionKeys.find((k) => !constants.has(k) && !dynamic.includes(k))
  if (missing !== undefined) {
    throw semanticError(
      insert.table,
      `the PARTITION clause lacks the key ${missing.name} of ${where}`,
    )
  }
  const named = insert.columns?.map((name) => {
    const column = [...table.columns, ...dynamic].find((c) => c.name === name)
    if (column !== undefined) return column
    throw semanticError(insert.table, `${where} has no column ${name} to insert into`)
  })
  if (named === undefined) return { fromQuery: [...table.columns, ...dynamic], constants }
  const unnamed = dynamic.filter((key) => !named.includes(key))
  return { fromQuery: [...named, ...unnamed], constants }
}

/** Creates the partitions that the staged rows go to, and empties them for an overwrite. */
async function replacePartitions(
  context: SqlContext,
  change: CatalogChange,
  table: TableDef,
  insert: Insert,
): Promise<void> {
  if (table.partitionKeys.length === 0) {
    if (insert.isOverwrite) await change.deleteRows(table, null)
    return
  }
  for (const values of await stagedPartitions(change.connection, table, insert)) {
    if (context.catalog.findPartition(table, values) === null) {
      await change.addPartition(table, values, context.nowMs)
    } else {
      if (insert.isOverwrite) await change.deleteRows(table, values)
      await change.touchPartition(table, values, context.nowMs)
    }
  }
}

async function stagedPartitions(
  connection: DuckDBConnection,
  table: TableDef,
  insert: Insert,
): Promise<string[][]> {
  const clause = insert.partition ?? []
  const isStatic = clause.length > 0 && clause.every((p) => p.value !== null)
  if (isStatic) {
    // Also when the query gives no rows: the partition exists afterwards.
    return [
      table.partitionKeys.map((key) => {
        const value = clause.find((p) => p.name === key.name)?.value ?? ''
        return canonicalValue(key.name, key.type, value)
      }),
    ]
  }
  const list = table.partitionKeys.map((k) => `CAST(${quoteName(k.name)} AS VARCHAR)`).join(', ')
  const reader = await connection.runAndReadAll(`SELECT DISTINCT ${list} FROM ${STAGE}`)
  return reader.getRows().map((row) =>
    row.map((value, i) => {
      const name = table.partitionKeys[i]?.name ?? ''
      if (value === null || value === '') {
        throw semanticError(
          insert.table,
          `a row's value for the partition key ${name} is NULL or empty`,
        )
      }
      return String(value)
    }),
  )
}
