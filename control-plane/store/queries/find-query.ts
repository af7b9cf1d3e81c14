import type { Database } from '../database.ts'
import { QUERY_COLUMNS, QUERY_TABLES } from './query-row.ts'
import type { QueryRow } from './query-row.ts'

/** By id as text: an id that is no UUID finds nothing instead of failing. */
export async function findQuery(db: Database, queryId: string): Promise<QueryRow | null> {
  const [row] = await db.query<QueryRow>(
    `SELECT ${QUERY_COLUMNS} FROM ${QUERY_TABLES} WHERE q.id::text = $1`,
    [queryId],
  )
  return row ?? null
}
