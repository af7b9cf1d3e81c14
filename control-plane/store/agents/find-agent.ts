import type { Database } from '../database.ts'
import { AGENT_COLUMNS } from './agent-row.ts'
import type { AgentRow } from './agent-row.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** By id as text: an id that is no UUID finds nothing instead of failing. */
export async function findAgent(db: Database, agentId: string): Promise<AgentRow | null> {
  if (!UUID.test(agentId)) return null
  const [row] = await db.query<AgentRow>(
    `SELECT ${AGENT_COLUMNS}
       FROM agents a JOIN resource_groups g ON g.id = a.group_id
      WHERE a.id = $1`,
    [agentId],
  )
  return row ?? null
}
