import type { Database } from '../database.ts'
import { jsonParamOrNull } from '../json-param.ts'

export interface QueryEnd {
  readonly queryId: string
  /** Only the newest attempt may finish a query; null: whoever ends it is not an attempt. */
  readonly attempt: number | null
  readonly state: 'succeeded' | 'failed' | 'killed'
  readonly result: unknown
  readonly error: unknown
  readonly finishedAtMs: number
}

/** False: it was over already, or the attempt is an old one; nothing was written. */
export async function finishQuery(db: Database, end: QueryEnd): Promise<boolean> {
  const rows = await db.query(
    `UPDATE queries
        SET state = $3, result = $4::jsonb, error = $5::jsonb, finished_at_ms = $6
      WHERE id = $1 AND state IN ('pending', 'assigned')
        AND ($2::integer IS NULL OR attempt = $2)
      RETURNING id`,
    [
      end.queryId,
      end.attempt,
      end.state,
      jsonParamOrNull(end.result),
      jsonParamOrNull(end.error),
      end.finishedAtMs,
    ],
  )
  return rows.length === 1
}
