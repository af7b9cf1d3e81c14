import type { Database } from '../database.ts'
import { AGENT_COLUMNS } from './agent-row.ts'
import type { AgentRow } from './agent-row.ts'

export async function findAgentByName(db: Database, name: string): Promise<AgentRow | null> {
  const [row] = await db.query<AgentRow>(
    `SELECT ${AGENT_COLUMNS}
       FROM agents a JOIN resource_groups g ON g.id = a.group_id
      WHERE a.name = $1`,
    [name],
  )
  return row ?? null
}
