import { listAgentWeights } from '../store/agents/list-agent-weights.ts'
/**
 * Rules of groups and weights of agents, read from the store at start, when somebody says that they
 * changed, and now and then in case nobody does.
 */
import type { Database } from '../store/database.ts'
import { listGroupPolicies } from '../store/resource-groups/list-group-policies.ts'
import { type GroupPolicies, type GroupPolicy, WEIGHT_DEFAULT } from './group-policies.ts'

/** `mbps` is in MiB a second, as a job's is. */
const BYTES_PER_MB = 1024 * 1024

export class StoredGroupPolicies implements GroupPolicies {
  readonly #db: Database
  /** Bounded by the groups and agents that there are. */
  #groups: ReadonlyMap<number, GroupPolicy> = new Map()
  #weights: ReadonlyMap<string, number> = new Map()

  constructor(db: Database) {
    this.#db = db
  }

  of(groupId: number): GroupPolicy | null {
    return this.#groups.get(groupId) ?? null
  }

  weightOf(agentId: string): number {
    return this.#weights.get(agentId) ?? WEIGHT_DEFAULT
  }

  async reload(): Promise<void> {
    const groups = await listGroupPolicies(this.#db)
    const weights = await listAgentWeights(this.#db, WEIGHT_DEFAULT)
    this.#groups = new Map(
      groups.map(({ id, mbpsMax, ...policy }) => {
        return [
          id,
          { ...policy, bytesPerSecondMax: mbpsMax === null ? null : mbpsMax * BYTES_PER_MB },
        ]
      }),
    )
    this.#weights = new Map(weights.map(({ id, weight }) => [id, weight]))
  }
}
