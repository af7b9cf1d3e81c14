import type { Database } from '../database.ts'

/** All of them pending. */
export async function insertUpgradeAgents(
  db: Database,
  upgradeId: number,
  agentIds: readonly string[],
  nowMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO upgrade_agents (upgrade_id, agent_id, state, changed_at_ms)
     SELECT $1, agent_id, 'pending', $3 FROM unnest($2::uuid[]) AS agent_id`,
    [upgradeId, agentIds, nowMs],
  )
}
