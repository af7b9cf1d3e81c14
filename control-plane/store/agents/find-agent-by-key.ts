import type { Database } from '../database.ts'
import type { AgentState } from './agent-row.ts'

export interface AgentOfKeyRow {
  readonly id: string
  readonly name: string
  readonly groupName: string
  readonly state: AgentState
  readonly enrolTokenHash: string
  readonly notices: readonly string[]
}

/** Who holds this key already; asked when it enrols again. */
export async function findAgentByKey(
  db: Database,
  publicKeyHash: string,
): Promise<AgentOfKeyRow | null> {
  const [row] = await db.query<AgentOfKeyRow>(
    `SELECT a.id, a.name, g.name AS "groupName", a.state, a.enrol_token_hash AS "enrolTokenHash",
            a.notices
       FROM agents a JOIN resource_groups g ON g.id = a.group_id
      WHERE a.public_key_hash = $1`,
    [publicKeyHash],
  )
  return row ?? null
}
