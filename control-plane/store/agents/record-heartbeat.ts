import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import type { AgentState } from './agent-row.ts'

export interface AgentHeartbeat {
  readonly agentId: string
  readonly sessionEpoch: number
  readonly state: AgentState
  readonly heartbeat: unknown
  readonly heartbeatAtMs: number
  readonly leaseUntilMs: number
}

/** False: the session is not the agent's any more, or the agent is revoked; nothing was written. */
export async function recordHeartbeat(db: Database, beat: AgentHeartbeat): Promise<boolean> {
  const rows = await db.query(
    `UPDATE agents
        SET state = $3, heartbeat = $4::jsonb, heartbeat_at_ms = $5, lease_until_ms = $6
      WHERE id = $1 AND session_epoch = $2 AND state <> 'revoked'
      RETURNING id`,
    [
      beat.agentId,
      beat.sessionEpoch,
      beat.state,
      jsonParam(beat.heartbeat),
      beat.heartbeatAtMs,
      beat.leaseUntilMs,
    ],
  )
  return rows.length === 1
}
