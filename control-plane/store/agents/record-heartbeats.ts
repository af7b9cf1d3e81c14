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

/**
 * The last beats of many agents in one statement, each agent at most once. Those whose session is
 * not the agent's any more, and of revoked agents, are passed over. Returns how many were written.
 */
export async function recordHeartbeats(
  db: Database,
  beats: readonly AgentHeartbeat[],
): Promise<number> {
  const rows = await db.query(
    `UPDATE agents a
        SET state = b.state, heartbeat = b.heartbeat, heartbeat_at_ms = b."heartbeatAtMs",
            lease_until_ms = b."leaseUntilMs"
       FROM jsonb_to_recordset($1::jsonb) AS b(
              "agentId" uuid, "sessionEpoch" bigint, state text, heartbeat jsonb,
              "heartbeatAtMs" bigint, "leaseUntilMs" bigint)
      WHERE a.id = b."agentId" AND a.session_epoch = b."sessionEpoch" AND a.state <> 'revoked'
      RETURNING a.id`,
    [jsonParam(beats)],
  )
  return rows.length
}
