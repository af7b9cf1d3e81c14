import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import type { AgentState } from './agent-row.ts'

export interface AgentStateChange {
  readonly agentId: string
  readonly state: AgentState
  /** Of one that is to drain; without it one that drains keeps its deadline. */
  readonly drainUntilMs?: number
}

/** States of many agents, each at most once. Revoked agents stay so. One that drains no more has no deadline. */
export async function setAgentStates(
  db: Database,
  changes: readonly AgentStateChange[],
): Promise<void> {
  await db.query(
    `UPDATE agents a
        SET state = c.state,
            drain_until_ms = CASE WHEN c.state IN ('draining', 'drained')
                                  THEN coalesce(c."drainUntilMs", a.drain_until_ms) END
       FROM jsonb_to_recordset($1::jsonb) AS c("agentId" uuid, state text, "drainUntilMs" bigint)
      WHERE a.id = c."agentId" AND a.state <> 'revoked'`,
    [jsonParam(changes)],
  )
}
