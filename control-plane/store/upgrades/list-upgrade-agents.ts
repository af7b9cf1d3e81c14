import type { Database } from '../database.ts'

export interface UpgradeAgentRow {
  readonly agentId: string
  readonly agent: string
  readonly orderId: number
  readonly turn: number | null
  /** pending | underway | done | rolledBack | refused | lost | skipped */
  readonly state: string
  readonly phase: string
  readonly fromVersion: string
  readonly message: string
  readonly changedAtMs: number
}

/** In the order of their turns, then by name. */
export function listUpgradeAgents(db: Database, upgradeId: number): Promise<UpgradeAgentRow[]> {
  return db.query<UpgradeAgentRow>(
    `SELECT t.agent_id AS "agentId", a.name AS "agent", t.order_id AS "orderId", t.turn, t.state,
            t.phase, t.from_version AS "fromVersion", t.message, t.changed_at_ms AS "changedAtMs"
       FROM upgrade_agents t JOIN agents a ON a.id = t.agent_id
      WHERE t.upgrade_id = $1
      ORDER BY t.turn NULLS LAST, a.name`,
    [upgradeId],
  )
}
