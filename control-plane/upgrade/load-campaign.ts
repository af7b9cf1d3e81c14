import type { Database } from '../store/database.ts'
import { findUpgrade } from '../store/upgrades/find-upgrade.ts'
import { listUpgradeAgents } from '../store/upgrades/list-upgrade-agents.ts'
import type { UpgradeRow } from '../store/upgrades/upgrade-row.ts'
import type { Campaign, CampaignState, TurnPhase, TurnState } from './campaign.ts'
import type { TimeWindow } from './time-window.ts'

/** By number, or from its row. Rejects when there is no such upgrade. */
export async function loadCampaign(db: Database, which: number | UpgradeRow): Promise<Campaign> {
  const row = typeof which === 'number' ? await findUpgrade(db, which) : which
  if (row === null) throw new Error(`upgrade ${JSON.stringify(which)} is not in the store`)
  const agents = await listUpgradeAgents(db, row.id)
  return {
    ...row,
    state: row.state as CampaignState,
    window: row.window as TimeWindow | null,
    turns: agents.map((agent) => ({
      ...agent,
      state: agent.state as TurnState,
      phase: agent.phase as TurnPhase,
    })),
  }
}
