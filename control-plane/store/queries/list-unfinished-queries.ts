import type { Database } from '../database.ts'
import { QUERY_COLUMNS, QUERY_TABLES } from './query-row.ts'
import type { QueryRow } from './query-row.ts'

/** Pending and assigned ones, the oldest first. */
export function listUnfinishedQueries(db: Database): Promise<QueryRow[]> {
  return db.query<QueryRow>(
    `SELECT ${QUERY_COLUMNS} FROM ${QUERY_TABLES}
      WHERE q.state IN ('pending', 'assigned')
      ORDER BY q.created_at_ms, q.id`,
  )
}
