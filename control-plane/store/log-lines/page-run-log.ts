import type { Database } from '../database.ts'
import { LOG_LINE_COLUMNS } from './log-line-row.ts'
import type { LogLineRow } from './log-line-row.ts'

export interface RunLogPage {
  readonly runId: number
  /** Lines with a greater id; 0: from the first one. */
  readonly afterId: number
  readonly limit: number
}

/** In the order in which they were stored. */
export function pageRunLog(db: Database, page: RunLogPage): Promise<LogLineRow[]> {
  return db.query<LogLineRow>(
    `SELECT ${LOG_LINE_COLUMNS}
       FROM log_lines l LEFT JOIN agents a ON a.id = l.agent_id
      WHERE l.run_id = $1 AND l.id > $2
      ORDER BY l.id
      LIMIT $3`,
    [page.runId, page.afterId, page.limit],
  )
}
