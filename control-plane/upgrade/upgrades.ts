/**
 * Carries out upgrades: asks the scheduler, writes what it says, sends orders, takes answers. What people
 * ask of them is in campaign-requests.ts.
 *
 * U1. Everything happens one after the other, in one queue. What is decided is written first and
 *     done then: a crash in between repeats an order, which the agent knows by its number.
 * U2. An order is sent again in every new session of its agent until there is a final answer:
 *     no frame of an upgrade has to arrive.
 * U3. Unfinished campaigns are in memory, all of them; finished ones are in the store alone.
 */
import type { UpgradeState } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import { listUpgrades } from '../store/upgrades/list-upgrades.ts'
import type { Bundle } from './bundle-library.ts'
import { CampaignRequests } from './campaign-requests.ts'
import type { CampaignRequestsOptions } from './campaign-requests.ts'
import { CampaignWriter } from './campaign-writer.ts'
import type { Campaign, Underway } from './campaign.ts'
import { loadCampaign } from './load-campaign.ts'
import { OpenCampaigns } from './open-campaigns.ts'
import { Orders } from './orders.ts'
import { turnAfter } from './report.ts'
import { nextCommand } from './scheduler.ts'
import type { CampaignCommand } from './scheduler.ts'
import type {
  UpgradeAnswer,
  UpgradeControl,
  UpgradeEvents,
  UpgradeLink,
  UpgradeRequest,
} from './upgrade-port.ts'

const LOOK_MS = 1_000
/** Commands of one campaign carried out at one look. */
const COMMANDS_PER_LOOK = 100
/** At most one a group. */
const UNFINISHED_MAX = 10_000
/** Answers of agents that wait to be written. */
const REPORTS_WAITING_MAX = 1_000

export type UpgradesOptions = Omit<CampaignRequestsOptions, 'campaigns' | 'write'>

export class Upgrades implements UpgradeControl, UpgradeEvents {
  readonly #options: UpgradesOptions
  /** U3 */
  readonly #campaigns = new OpenCampaigns()
  readonly #write: CampaignWriter
  readonly #requests: CampaignRequests
  readonly #orders: Orders
  #link: UpgradeLink | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #reportsWaiting = 0
  #cancelLook = (): void => {}
  #stopped = false

  constructor(options: UpgradesOptions) {
    this.#options = options
    const campaigns = this.#campaigns
    this.#write = new CampaignWriter({ ...options, campaigns })
    this.#requests = new CampaignRequests({ ...options, campaigns, write: this.#write })
    this.#orders = new Orders(options.bundles)
  }

  /** Goes on with what is unfinished in the store. Rejects when it cannot be read. */
  async open(link: UpgradeLink): Promise<void> {
    const filter = {
      groupId: null,
      states: ['waiting', 'running', 'halted'],
      limit: UNFINISHED_MAX,
    }
    for (const row of await listUpgrades(this.#options.db, filter)) {
      this.#campaigns.keep(await loadCampaign(this.#options.db, row))
    }
    this.#link = link
    this.#lookLater()
  }

  async close(): Promise<void> {
    this.#stopped = true
    this.#cancelLook()
    await this.#queue
  }

  bundles(): Promise<readonly Bundle[]> {
    return this.#options.bundles.list()
  }

  bundle(sha256: string): Promise<Bundle | null> {
    return this.#options.bundles.findByHash(sha256)
  }

  upgrading(agentId: string): Underway | null {
    return this.#campaigns.underway(agentId)
  }

  async start(request: UpgradeRequest): Promise<UpgradeAnswer> {
    await this.#requests.prepareBundles(request)
    return this.#inTurn(() => this.#requests.start(request))
  }

  resume(id: number, failed: 'retry' | 'skip', actor: string): Promise<UpgradeAnswer> {
    return this.#inTurn(() => this.#requests.resume(id, failed, actor))
  }

  cancel(id: number, actor: string): Promise<UpgradeAnswer> {
    return this.#inTurn(() => this.#requests.cancel(id, actor))
  }

  reported(agentId: string, report: UpgradeState): void {
    const isOpen = this.#campaigns
      .all()
      .some(({ turns }) =>
        turns.some((turn) => turn.orderId === report.upgradeId && turn.agentId === agentId),
      )
    // What is lost here comes again: the order is repeated (U2).
    if (!isOpen || this.#reportsWaiting >= REPORTS_WAITING_MAX) return
    this.#reportsWaiting += 1
    this.#inTurn(() => this.#onReport(agentId, report))
      .catch((error: unknown) => {
        this.#options.log.error({ err: error, agentId }, "an upgrade's state cannot be stored")
        this.#orders.forget(report.upgradeId)
      })
      .finally(() => (this.#reportsWaiting -= 1))
  }

  async #onReport(agentId: string, report: UpgradeState): Promise<void> {
    for (const campaign of this.#campaigns.all()) {
      const turn = campaign.turns.find((one) => one.agentId === agentId)
      if (turn === undefined) continue
      const changed = turnAfter(turn, report, campaign.version, this.#options.clock.nowMs())
      if (changed !== null) await this.#write.turn(campaign, changed)
    }
  }

  async #look(): Promise<void> {
    for (const { id } of this.#campaigns.all()) {
      for (let done = 0; done < COMMANDS_PER_LOOK; done++) {
        const campaign = this.#campaigns.get(id)
        if (campaign === undefined) break
        const health = (agentId: string) => this.#link?.agentHealth(agentId) ?? null
        const command = nextCommand(campaign, health, this.#options.clock.nowMs())
        if (command.kind === 'nothing') break
        await this.#carryOut(campaign, command)
      }
      await this.#repeatOrders(id)
    }
  }

  async #carryOut(
    campaign: Campaign,
    command: Exclude<CampaignCommand, { kind: 'nothing' }>,
  ): Promise<void> {
    switch (command.kind) {
      case 'say':
        return this.#write.message(campaign, command.state, command.message)
      case 'begin':
        return this.#begin(campaign, command.agentId, command.turn)
      case 'settle': {
        const turn = campaign.turns.find(({ agentId }) => agentId === command.agentId)
        if (turn === undefined) return
        const { state, message } = command
        return this.#write.turn(campaign, { ...turn, state, message })
      }
      case 'halt':
        return this.#write.state(campaign, 'halted', command.message, 'control plane')
      case 'finish':
        return this.#write.state(campaign, 'done', command.message, 'control plane')
    }
  }

  /** The order itself goes out with `#repeatOrders`, when this is written (U1). */
  async #begin(campaign: Campaign, agentId: string, place: number): Promise<void> {
    const turn = campaign.turns.find((one) => one.agentId === agentId)
    const health = this.#link?.agentHealth(agentId) ?? null
    if (turn === undefined || health === null) return
    const begun = { ...turn, turn: turn.turn ?? place, phase: '' as const, message: '' }
    const fromVersion = health.version
    await this.#write.turn(campaign, { ...begun, state: 'underway', fromVersion })
  }

  /** U2 */
  async #repeatOrders(id: number): Promise<void> {
    const campaign = this.#campaigns.get(id)
    if (campaign === undefined || campaign.state === 'halted' || this.#link === null) return
    for (const turn of campaign.turns) {
      if (turn.state !== 'underway') {
        this.#orders.forget(turn.orderId)
        continue
      }
      const problem = await this.#orders.send(this.#link, campaign, turn)
      if (problem === null) continue
      return this.#write.turn(campaign, { ...turn, state: 'refused', message: problem })
    }
  }

  #lookLater(): void {
    if (this.#stopped) return
    this.#cancelLook = this.#options.clock.after(LOOK_MS, () => {
      this.#inTurn(() => this.#look())
        .catch((error: unknown) => {
          this.#options.log.error({ err: error }, 'upgrades cannot go on just now')
        })
        .finally(() => this.#lookLater())
    })
  }

  /** U1 */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }
}
