import type { Database } from '../database.ts'
import type { AgentState } from './agent-row.ts'

export interface ExpiredLeaseRow {
  readonly id: string
  readonly name: string
  readonly groupId: number
  readonly state: AgentState
  readonly sessionEpoch: number
  readonly leaseUntilMs: number
}

/** Agents that count as alive and whose lease is over at `nowMs`, the longest over first. */
export function listExpiredLeases(db: Database, nowMs: number): Promise<ExpiredLeaseRow[]> {
  return db.query<ExpiredLeaseRow>(
    `SELECT id, name, group_id AS "groupId", state, session_epoch AS "sessionEpoch",
            lease_until_ms AS "leaseUntilMs"
       FROM agents
      WHERE state IN ('online', 'suspect', 'draining') AND lease_until_ms <= $1
      ORDER BY lease_until_ms, id`,
    [nowMs],
  )
}
