import type { Database } from '../database.ts'

/** Agents whose turn failed are pending again, under new orders: answers to the old ones are stale. */
export async function renewUpgradeOrders(
  db: Database,
  upgradeId: number,
  nowMs: number,
): Promise<void> {
  await db.query(
    `UPDATE upgrade_agents
        SET order_id = DEFAULT, state = 'pending', phase = '', message = '', changed_at_ms = $2
      WHERE upgrade_id = $1 AND state IN ('rolledBack', 'refused', 'lost')`,
    [upgradeId, nowMs],
  )
}
