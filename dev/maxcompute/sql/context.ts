import type { DuckDBConnection } from '@duckdb/node-api'

import type { Catalog } from '../store/catalog.ts'
import type { ColumnDef, TableDef } from '../store/table-def.ts'
import { tableNotFound } from './sql-error.ts'
import type { TableName } from './statement.ts'

/** What a statement runs with. */
export interface SqlContext {
  readonly catalog: Catalog
  readonly project: string
  /** The submitted SQL: tokens refer to it. */
  readonly source: string
  /** Names the result table of a query. */
  readonly resultId: string
  readonly nowMs: number
  /** Called in the transaction of a statement that writes, so that its outcome is recorded with it. */
  readonly recordSuccess: (connection: DuckDBConnection) => Promise<void>
}

/** A statement's result: text for everything but queries, whose rows stand in a table. */
export type SqlResult =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'rows'; readonly columns: readonly ColumnDef[] }

/** The table that a name means; throws ODPS-0130131 at the name. */
export function resolveTable(context: SqlContext, name: TableName): TableDef {
  const project = name.project ?? context.project
  const table = context.catalog.findTable(project, name.name)
  if (table === null) throw tableNotFound(name, project, name.name)
  return table
}
