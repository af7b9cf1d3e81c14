import type { Database } from '../database.ts'
import { storableText } from '../json-param.ts'
import type { UpgradeAgentRow } from './list-upgrade-agents.ts'

export type UpgradeAgentChange = Omit<UpgradeAgentRow, 'agent' | 'orderId'> & {
  readonly upgradeId: number
}

export async function saveUpgradeAgent(db: Database, change: UpgradeAgentChange): Promise<void> {
  await db.query(
    `UPDATE upgrade_agents
        SET turn = $3, state = $4, phase = $5, from_version = $6, message = $7, changed_at_ms = $8
      WHERE upgrade_id = $1 AND agent_id = $2`,
    [
      change.upgradeId,
      change.agentId,
      change.turn,
      change.state,
      change.phase,
      storableText(change.fromVersion),
      storableText(change.message),
      change.changedAtMs,
    ],
  )
}
