/**
 * What every agent holds, over all runs: kept up to date by the runs themselves, so that a lost
 * agent, a Hello or a round of hand-out looks at what concerns it, and not at every slice there is.
 */
import type { WorkRef } from './link-port.ts'

export interface HeldWork extends WorkRef {
  readonly runId: number
  readonly groupId: number
  readonly agentId: string
  /** null: a step. */
  readonly sliceNo: number | null
}

interface AgentLoad {
  slices: number
  steps: number
  /** By work id. */
  readonly work: Map<string, HeldWork>
}

/** Bounded by what agents hold: their channels, and a few steps each. */
export class HeldWorkIndex {
  readonly #agents = new Map<string, AgentLoad>()
  readonly #slicesOfGroup = new Map<number, number>()

  add(held: HeldWork): void {
    const load = this.#agents.get(held.agentId) ?? { slices: 0, steps: 0, work: new Map() }
    this.#agents.set(held.agentId, load)
    load.work.set(held.workId, held)
    this.#count(load, held, 1)
  }

  remove(held: HeldWork): void {
    const load = this.#agents.get(held.agentId)
    if (load === undefined || !load.work.delete(held.workId)) return
    this.#count(load, held, -1)
    if (load.work.size === 0) this.#agents.delete(held.agentId)
  }

  /** Agents that hold anything, as of now. */
  get agentIds(): readonly string[] {
    return [...this.#agents.keys()]
  }

  of(agentId: string): HeldWork[] {
    return [...(this.#agents.get(agentId)?.work.values() ?? [])]
  }

  slicesOf(agentId: string): number {
    return this.#agents.get(agentId)?.slices ?? 0
  }

  stepsOf(agentId: string): number {
    return this.#agents.get(agentId)?.steps ?? 0
  }

  slicesOfGroup(groupId: number): number {
    return this.#slicesOfGroup.get(groupId) ?? 0
  }

  #count(load: AgentLoad, held: HeldWork, sign: 1 | -1): void {
    if (held.sliceNo === null) {
      load.steps += sign
      return
    }
    load.slices += sign
    const slices = this.slicesOfGroup(held.groupId) + sign
    if (slices === 0) this.#slicesOfGroup.delete(held.groupId)
    else this.#slicesOfGroup.set(held.groupId, slices)
  }
}
