import type { Database } from '../database.ts'
import { LOG_LINE_COLUMNS } from './log-line-row.ts'
import type { LogLineRow } from './log-line-row.ts'

export interface AgentLogPage {
  readonly agentId: string
  /** Lines with a greater id; 0: from the first one. */
  readonly afterId: number
  readonly limit: number
}

/** Everything that the agent said, of runs too, in the order in which it was stored. */
export function pageAgentLog(db: Database, page: AgentLogPage): Promise<LogLineRow[]> {
  return db.query<LogLineRow>(
    `SELECT ${LOG_LINE_COLUMNS}
       FROM log_lines l LEFT JOIN agents a ON a.id = l.agent_id
      WHERE l.agent_id = $1 AND l.id > $2
      ORDER BY l.id
      LIMIT $3`,
    [page.agentId, page.afterId, page.limit],
  )
}
