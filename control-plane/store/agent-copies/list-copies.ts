import type { Database } from '../database.ts'
import { COPY_COLUMNS } from './copy-row.ts'
import type { AgentCopyRow } from './copy-row.ts'

/** Of one agent, or (null) of all; the latest seen first. */
export function listCopies(db: Database, agentId: string | null): Promise<AgentCopyRow[]> {
  return db.query<AgentCopyRow>(
    `SELECT ${COPY_COLUMNS} FROM agent_copies
      WHERE $1::uuid IS NULL OR agent_id = $1
      ORDER BY last_seen_ms DESC, id DESC`,
    [agentId],
  )
}
