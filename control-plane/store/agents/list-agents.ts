import type { Database } from '../database.ts'
import { AGENT_COLUMNS } from './agent-row.ts'
import type { AgentRow } from './agent-row.ts'

/** By group and name; of one group, or (null) of all. */
export function listAgents(db: Database, groupId: number | null): Promise<AgentRow[]> {
  return db.query<AgentRow>(
    `SELECT ${AGENT_COLUMNS}
       FROM agents a JOIN resource_groups g ON g.id = a.group_id
      WHERE $1::bigint IS NULL OR a.group_id = $1
      ORDER BY g.name, a.name`,
    [groupId],
  )
}
