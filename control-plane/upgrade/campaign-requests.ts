import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { Audit } from '../audit/audit.ts'
import { listAgents } from '../store/agents/list-agents.ts'
import { StoreError } from '../store/database.ts'
import type { Database } from '../store/database.ts'
import { insertUpgradeAgents } from '../store/upgrades/insert-upgrade-agents.ts'
import { insertUpgrade } from '../store/upgrades/insert-upgrade.ts'
import { renewUpgradeOrders } from '../store/upgrades/renew-upgrade-orders.ts'
import { saveUpgradeAgent } from '../store/upgrades/save-upgrade-agent.ts'
import type { BundleLibrary } from './bundle-library.ts'
import type { CampaignWriter } from './campaign-writer.ts'
import { isFailed } from './campaign.ts'
import { agentFact, checkRequest } from './check-request.ts'
import { loadCampaign } from './load-campaign.ts'
import type { OpenCampaigns } from './open-campaigns.ts'
import type { UpgradeAnswer, UpgradeRequest } from './upgrade-port.ts'

export interface CampaignRequestsOptions {
  readonly db: Database
  /** Writes of the store's owner alone. */
  readonly transaction: <T>(work: (tx: Database) => Promise<T>) => Promise<T>
  readonly campaigns: OpenCampaigns
  readonly write: CampaignWriter
  readonly bundles: BundleLibrary
  readonly audit: Audit
  readonly clock: Clock
  readonly log: Logger
  readonly planeVersion: string
  /** Of windows that name none. */
  readonly timeZone: string
}

/**
 * What people ask of campaigns: to begin, to go on, to stop. A request that cannot be met is answered with why.
 * All but `prepareBundles` run in the one queue of upgrades (U1 of upgrades.ts).
 */
export class CampaignRequests {
  readonly #options: CampaignRequestsOptions

  constructor(options: CampaignRequestsOptions) {
    this.#options = options
  }

  /** Outside of the queue: it takes a while. What is missing then is refused by name. */
  async prepareBundles({ groupId, version }: UpgradeRequest): Promise<void> {
    const { db, bundles, planeVersion, log } = this.#options
    if (version !== null && version !== planeVersion) return
    const agents = await listAgents(db, groupId)
    const architectures = new Set(agents.map((agent) => agentFact(agent, 'arch')))
    await bundles.prepare([...architectures]).catch((error: unknown) => {
      log.warn({ err: error }, 'a bundle of the agent cannot be made')
    })
  }

  async start(request: UpgradeRequest): Promise<UpgradeAnswer> {
    const { db, campaigns, bundles, clock, planeVersion, timeZone, audit } = this.#options
    const checked = checkRequest(request, {
      agents: await listAgents(db, request.groupId),
      bundles: await bundles.list(),
      bundleDir: bundles.dir,
      planeVersion,
      timeZone,
    })
    if (!checked.ok) return checked
    const { version, window, agentIds } = checked
    const nowMs = clock.nowMs()
    const { groupId, drainMs, soakMs, healthMs, actor } = request
    const row = { groupId, version, window, drainMs, soakMs, healthMs }
    let id: number
    try {
      id = await this.#options.transaction(async (tx) => {
        const made = { ...row, state: 'running', createdBy: actor, createdAtMs: nowMs }
        const upgradeId = await insertUpgrade(tx, made)
        await insertUpgradeAgents(tx, upgradeId, agentIds, nowMs)
        return upgradeId
      })
    } catch (error) {
      if (error instanceof StoreError && error.code === 'CONFLICT') return this.#unfinished(request)
      throw error
    }
    campaigns.keep(await loadCampaign(db, id))
    const message = `upgrade ${id} of ${agentIds.length} agents to ${version}`
    audit({
      kind: 'upgrade.started',
      actor,
      group: request.group,
      message,
      detail: { id, version },
    })
    return { ok: true, id }
  }

  async resume(id: number, failed: 'retry' | 'skip', actor: string): Promise<UpgradeAnswer> {
    const { db, campaigns, write, clock, transaction } = this.#options
    const campaign = campaigns.get(id)
    if (campaign === undefined) return notFound(id)
    if (campaign.state !== 'halted') {
      const message = `upgrade ${id} is ${campaign.state}: only a halted one can be resumed`
      return { ok: false, code: 'STATE_CONFLICT', message }
    }
    const nowMs = clock.nowMs()
    await transaction(async (tx) => {
      if (failed === 'retry') return renewUpgradeOrders(tx, id, nowMs)
      for (const turn of campaign.turns) {
        if (!isFailed(turn.state)) continue
        const state = 'skipped'
        await saveUpgradeAgent(tx, { ...turn, upgradeId: id, state, changedAtMs: nowMs })
      }
    })
    const resumed = { ...(await loadCampaign(db, id)), state: campaign.state }
    const what = failed === 'retry' ? 'failed agents are tried again' : 'failed agents are left out'
    await write.state(resumed, 'running', `resumed by ${actor}: ${what}`, actor)
    return { ok: true, id }
  }

  async cancel(id: number, actor: string): Promise<UpgradeAnswer> {
    const { campaigns, write } = this.#options
    const campaign = campaigns.get(id)
    if (campaign === undefined) return notFound(id)
    for (const turn of campaign.turns) {
      if (turn.state !== 'underway') continue
      const message = 'the upgrade was cancelled while this agent was under way: it ends by itself'
      await write.turn(campaign, { ...turn, state: 'skipped', message })
    }
    await write.state(campaign, 'cancelled', `cancelled by ${actor}`, actor)
    return { ok: true, id }
  }

  #unfinished({ groupId, group }: UpgradeRequest): UpgradeAnswer {
    const other = this.#options.campaigns.all().find((one) => one.groupId === groupId)
    const which = other === undefined ? 'one' : `upgrade ${other.id}, which is ${other.state}`
    const message = `group ${group} has an unfinished upgrade (${which}): let it end, or cancel it`
    return { ok: false, code: 'UPGRADE_UNFINISHED', message }
  }
}

function notFound(id: number): UpgradeAnswer {
  const message = `there is no unfinished upgrade ${id}`
  return { ok: false, code: 'UPGRADE_NOT_FOUND', message }
}
