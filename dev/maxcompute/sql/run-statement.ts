import { ServiceError } from '../service-error.ts'
import { resolveTable } from './context.ts'
import type { SqlContext, SqlResult } from './context.ts'
import { alterTable, createTable, dropTable, truncateTable } from './run-ddl.ts'
import { describeTable, showCreate, showPartitions, showTables } from './run-describe.ts'
import { runInsert } from './run-insert.ts'
import { runQuery } from './run-query.ts'
import { SqlError } from './sql-error.ts'
import type { Statement } from './statement.ts'

/** Runs one statement; throws SqlError. */
export async function runStatement(context: SqlContext, statement: Statement): Promise<SqlResult> {
  try {
    return await dispatch(context, statement)
  } catch (error) {
    if (error instanceof ServiceError) {
      // The catalog's own words ("ODPS-0130131:…") or a plain refusal.
      const match = /^(ODPS-\d{7}):\s*(.*)$/s.exec(error.message)
      const code = error.code === 'NoSuchTable' ? 'ODPS-0130131' : 'ODPS-0130071'
      throw new SqlError(code, null, match?.[2] ?? error.message, { cause: error })
    }
    throw error
  }
}

async function dispatch(context: SqlContext, statement: Statement): Promise<SqlResult> {
  switch (statement.kind) {
    case 'query':
      return runQuery(context, statement.query)
    case 'insert':
      await runInsert(context, statement)
      return text('')
    case 'create-table':
      await createTable(context, statement)
      return text('')
    case 'drop-table':
      await dropTable(context, statement.table, statement.ifExists)
      return text('')
    case 'truncate':
      await truncateTable(context, statement.table, statement.partition)
      return text('')
    case 'alter-table':
      await alterTable(context, statement.table, statement.action)
      return text('')
    case 'describe':
      return text(await describeTable(context, statement.table, statement.partition))
    case 'show-tables':
      return text(showTables(context, statement.project ?? context.project, statement.prefix))
    case 'show-partitions':
      return text(showPartitions(context, resolveTable(context, statement.table)))
    case 'show-create':
      return text(showCreate(resolveTable(context, statement.table)))
    case 'set':
      return text('')
  }
}

function text(value: string): SqlResult {
  return { kind: 'text', text: value }
}
