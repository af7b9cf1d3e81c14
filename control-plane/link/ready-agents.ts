/** Which agents may be given work, by group: kept up to date by each change, asked at every hand-out. */
import type { ReadyAgent } from '../run/link-port.ts'

export class ReadyAgents {
  readonly #groups = new Map<number, Map<string, ReadyAgent>>()
  /** Group that an agent is filed under: it may have been moved since. */
  readonly #groupOf = new Map<string, number>()
  readonly #lists = new Map<number, readonly ReadyAgent[]>()
  #all: readonly ReadyAgent[] | null = null

  has(agentId: string): boolean {
    return this.#groupOf.has(agentId)
  }

  all(): readonly ReadyAgent[] {
    this.#all ??= [...this.#groups.values()].flatMap((agents) => [...agents.values()])
    return this.#all
  }

  ofGroup(groupId: number): readonly ReadyAgent[] {
    let list = this.#lists.get(groupId)
    if (list === undefined) {
      list = [...(this.#groups.get(groupId)?.values() ?? [])]
      this.#lists.set(groupId, list)
    }
    return list
  }

  /** `ready` null: it is not. */
  update(agentId: string, ready: ReadyAgent | null): void {
    const filed = this.#groupOf.get(agentId)
    if (filed === undefined && ready === null) return
    if (filed !== undefined && (ready === null || ready.groupId !== filed)) {
      this.#groups.get(filed)?.delete(agentId)
      this.#groupOf.delete(agentId)
      this.#lists.delete(filed)
    }
    this.#all = null
    if (ready === null) return
    const agents = this.#groups.get(ready.groupId) ?? new Map<string, ReadyAgent>()
    agents.set(agentId, ready)
    this.#groups.set(ready.groupId, agents)
    this.#groupOf.set(agentId, ready.groupId)
    this.#lists.delete(ready.groupId)
  }
}
