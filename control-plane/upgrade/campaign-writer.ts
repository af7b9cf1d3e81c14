import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../store/database.ts'
import { saveUpgradeAgent } from '../store/upgrades/save-upgrade-agent.ts'
import { saveUpgrade } from '../store/upgrades/save-upgrade.ts'
import type { Campaign, CampaignState, Turn } from './campaign.ts'
import type { OpenCampaigns } from './open-campaigns.ts'

export interface CampaignWriterOptions {
  readonly campaigns: OpenCampaigns
  /** Writes of the store's owner alone. */
  readonly transaction: <T>(work: (tx: Database) => Promise<T>) => Promise<T>
  readonly audit: Audit
  readonly clock: Clock
  readonly log: Logger
}

/** Changes of campaigns: stored, then known here, then told. */
export class CampaignWriter {
  readonly #options: CampaignWriterOptions

  constructor(options: CampaignWriterOptions) {
    this.#options = options
  }

  async turn(campaign: Campaign, changed: Omit<Turn, 'changedAtMs'>): Promise<void> {
    const { campaigns, transaction, audit, clock, log } = this.#options
    const turn = { ...changed, changedAtMs: clock.nowMs() }
    await transaction((tx) => saveUpgradeAgent(tx, { ...turn, upgradeId: campaign.id }))
    const turns = campaign.turns.map((one) => (one.agentId === turn.agentId ? turn : one))
    campaigns.keep({ ...campaign, turns })
    const { agent, agentId, state, phase, message } = turn
    log.info({ upgrade: campaign.id, agent, agentId, state, phase, message }, 'upgrade of an agent')
    if (state === 'underway' && phase !== '') return
    const what = `upgrade ${campaign.id} to ${campaign.version}: agent ${agent} is ${state}`
    const why = message === '' ? '' : `: ${message}`
    const { group } = campaign
    audit({
      kind: 'upgrade.changed',
      actor: 'control plane',
      agentId,
      group,
      message: `${what}${why}`,
    })
  }

  /** What it does just now; nobody has to be told. */
  async message(campaign: Campaign, state: CampaignState, message: string): Promise<void> {
    const { campaigns, transaction, clock } = this.#options
    const isOver = state === 'done' || state === 'cancelled'
    const finishedAtMs = isOver ? clock.nowMs() : null
    const change = { id: campaign.id, state, message, finishedAtMs }
    await transaction((tx) => saveUpgrade(tx, change))
    if (isOver) campaigns.forget(campaign.id)
    else campaigns.keep({ ...campaign, state, message, finishedAtMs })
  }

  async state(
    campaign: Campaign,
    state: CampaignState,
    message: string,
    actor: string,
  ): Promise<void> {
    await this.message(campaign, state, message)
    const { audit, log } = this.#options
    const { id, group, version } = campaign
    log.info({ upgrade: id, group, version, state, message }, 'upgrade')
    const text = `upgrade ${id} to ${version} is ${state}: ${message}`
    audit({ kind: 'upgrade.changed', actor, group, message: text })
  }
}
