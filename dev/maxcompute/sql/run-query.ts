import type { DuckDBConnection } from '@duckdb/node-api'
import { DuckDBTypeId } from '@duckdb/node-api'

import { RESULT_SCHEMA } from '../store/database.ts'
import type { ColumnDef } from '../store/table-def.ts'
import { fromDuckType, quoteName, toDuckSql } from '../type/duckdb-type.ts'
import type { SqlContext, SqlResult } from './context.ts'
import { fromDuckError } from './duck-error.ts'
import type { Token } from './tokenize.ts'
import { translateQuery } from './translate.ts'
import type { Translation } from './translate.ts'

const PLAIN_NAME = /^[a-z_][a-z0-9_]*$/i

/**
 * Runs a query into a table of its own: `?result` and the instance tunnel read from there. Nothing is recorded with
 * it: a query that a crash interrupts has failed, and can be run again.
 */
export async function runQuery(context: SqlContext, query: readonly Token[]): Promise<SqlResult> {
  const translation = translateQuery(context.source, query)
  return inSqlTerms(context, null, async () => {
    const columns = await context.catalog.write(async ({ connection }) => {
      const columns = await describeQuery(context, connection, translation)
      const list = columns.map((c, i) => `CAST(q.c${i} AS ${toDuckSql(c.type)}) AS c${i}`)
      const target = resultTable(context.resultId)
      await connection.run(
        `CREATE TABLE ${target} AS SELECT ${list.join(', ')} FROM ${subquery(translation, columns.length)}`,
      )
      return columns
    }, context.project)
    return { kind: 'rows', columns }
  })
}

export async function queryColumns(
  context: SqlContext,
  query: readonly Token[],
): Promise<ColumnDef[]> {
  const translation = translateQuery(context.source, query)
  return context.catalog.write(
    async ({ connection }) => describeQuery(context, connection, translation),
    context.project,
  )
}

/** The query's columns by MaxCompute's rules: expressions without an alias are called _c0, _c1, … */
export async function describeQuery(
  context: SqlContext,
  connection: DuckDBConnection,
  translation: Translation,
): Promise<ColumnDef[]> {
  return inSqlTerms(context, translation, async () => {
    const prepared = await connection.prepare(translation.sql)
    const columns: ColumnDef[] = []
    for (let i = 0; i < prepared.columnCount; i += 1) {
      const name = prepared.columnName(i)
      const isNull = prepared.columnTypeId(i) === DuckDBTypeId.SQLNULL
      const type = isNull ? { kind: 'string' as const } : fromDuckType(prepared.columnType(i))
      columns.push({
        name: PLAIN_NAME.test(name) ? name.toLowerCase() : `_c${i}`,
        type: type ?? { kind: 'string' },
        comment: '',
        isNullable: true,
      })
    }
    prepared.destroySync()
    return columns
  })
}

/** `(query) q(c0, c1, …)`. */
export function subquery(translation: Translation, columnCount: number): string {
  const names = Array.from({ length: columnCount }, (_, i) => `c${i}`)
  return `(${translation.sql}) AS q(${names.join(', ')})`
}

export function resultTable(resultId: string): string {
  return `${RESULT_SCHEMA}.${quoteName(`r_${resultId}`)}`
}

/** Runs `work` and says what fails in the service's words. */
export async function inSqlTerms<T>(
  context: SqlContext,
  translation: Translation | null,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const positionOf = translation === null ? null : (at: number) => translation.positionOf(at)
    throw fromDuckError(error, context.project, positionOf)
  }
}
