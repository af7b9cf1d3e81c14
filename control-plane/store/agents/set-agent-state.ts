import type { Database } from '../database.ts'
import type { AgentState } from './agent-row.ts'

export interface AgentStateChange {
  readonly agentId: string
  /** The change happens only from one of these. */
  readonly from: readonly AgentState[]
  readonly to: AgentState
  /** The change happens only in this session; null: in any. */
  readonly sessionEpoch: number | null
}

/** False: the guard did not hold (or there is no such agent); nothing was written. */
export async function setAgentState(db: Database, change: AgentStateChange): Promise<boolean> {
  const rows = await db.query(
    `UPDATE agents SET state = $3
      WHERE id = $1 AND state = ANY ($2::text[])
        AND ($4::bigint IS NULL OR session_epoch = $4)
      RETURNING id`,
    [change.agentId, change.from, change.to, change.sessionEpoch],
  )
  return rows.length === 1
}
