import type { Campaign, Underway } from './campaign.ts'

/** Campaigns that are not over, and who is under way in them. Bounded by the groups: one each. */
export class OpenCampaigns {
  readonly #campaigns = new Map<number, Campaign>()
  /** By agent: asked for every agent of a list. */
  readonly #underway = new Map<string, Underway>()

  get(id: number): Campaign | undefined {
    return this.#campaigns.get(id)
  }

  /** As they are now: changes meanwhile are not in it. */
  all(): readonly Campaign[] {
    return [...this.#campaigns.values()]
  }

  keep(campaign: Campaign): void {
    this.#forgetUnderway(campaign.id)
    this.#campaigns.set(campaign.id, campaign)
    const { id, turns, version } = campaign
    for (const { agentId, state, phase } of turns) {
      if (state === 'underway') this.#underway.set(agentId, { id, version, phase })
    }
  }

  forget(id: number): void {
    this.#forgetUnderway(id)
    this.#campaigns.delete(id)
  }

  /** null: the agent is not under way. */
  underway(agentId: string): Underway | null {
    return this.#underway.get(agentId) ?? null
  }

  #forgetUnderway(id: number): void {
    for (const { agentId } of this.#campaigns.get(id)?.turns ?? []) this.#underway.delete(agentId)
  }
}
