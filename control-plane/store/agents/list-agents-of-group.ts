import type { Database } from '../database.ts'
import type { AgentState } from './agent-row.ts'

export interface GroupAgentRow {
  readonly id: string
  readonly name: string
  readonly state: AgentState
  readonly channels: number
  readonly weight: number
  readonly heartbeatAtMs: number | null
}

/** All agents of a group, by name, without what their hosts report. */
export function listAgentsOfGroup(db: Database, groupId: number): Promise<GroupAgentRow[]> {
  return db.query<GroupAgentRow>(
    `SELECT id, name, state, channels, weight, heartbeat_at_ms AS "heartbeatAtMs"
       FROM agents
      WHERE group_id = $1
      ORDER BY name`,
    [groupId],
  )
}
