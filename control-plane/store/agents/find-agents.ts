import type { Database } from '../database.ts'
import { AGENT_COLUMNS } from './agent-row.ts'
import type { AgentRow } from './agent-row.ts'

/** Those of these ids (UUIDs) that there are, in no order. */
export function findAgents(db: Database, agentIds: readonly string[]): Promise<AgentRow[]> {
  return db.query<AgentRow>(
    `SELECT ${AGENT_COLUMNS}
       FROM agents a JOIN resource_groups g ON g.id = a.group_id
      WHERE a.id = ANY ($1::uuid[])`,
    [agentIds],
  )
}
