import type { Database } from '../database.ts'
import { storableText } from '../json-param.ts'

export interface NewQuery {
  /** UUID. */
  readonly id: string
  readonly groupId: number
  readonly datasourceId: number
  readonly sql: string
  readonly rowsMax: number
  readonly createdAtMs: number
}

/** A pending query. */
export async function insertQuery(db: Database, query: NewQuery): Promise<void> {
  await db.query(
    `INSERT INTO queries (id, group_id, datasource_id, sql, rows_max, state, created_at_ms)
     VALUES ($1, $2, $3, $4, $5, 'pending', $6)`,
    [
      query.id,
      query.groupId,
      query.datasourceId,
      storableText(query.sql),
      query.rowsMax,
      query.createdAtMs,
    ],
  )
}
