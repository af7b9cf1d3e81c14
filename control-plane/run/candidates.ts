/**
 * Which agents of a group a round of hand-out chooses from. A group may have thousands, and a round
 * comes many times a second: it looks for as many as it needs, and goes on next time where it ended.
 *
 * D1  Up to ENOUGH_MIN agents, or four for each piece of work, are found where there are so many: the choice
 *     in a small group is among all of them.
 * D2  The gate is asked of ASKED_MAX agents a round at most, beside those that were open when it was asked last.
 *     Whoever chooses asks it again of the agent that is chosen: what is remembered here saves asking, it
 *     decides nothing.
 */
import type { ConnectivityGate } from './connectivity-port.ts'
import type { ReadyAgent } from './link-port.ts'

/** D1. */
export const ENOUGH_MIN = 512
const ENOUGH_PER_PIECE = 4
/** D2. */
export const ASKED_MAX = 512
/** Agents that are remembered as open, over all data sources; then it begins anew. */
const OPEN_MAX = 200_000

export interface Wanted {
  readonly groupId: number
  readonly agents: readonly ReadyAgent[]
  /** Of each run that has work: its data sources. */
  readonly datasourceNames: readonly (readonly string[])[]
  readonly pieces: number
  readonly isFree: (agent: ReadyAgent) => boolean
}

export class Candidates {
  readonly #gate: ConnectivityGate
  /** By data sources: agents that were open to them. Bounded by OPEN_MAX. */
  readonly #open = new Map<string, Set<string>>()
  #openCount = 0
  /** Where the next round begins, by group. Bounded by the groups. */
  readonly #next = new Map<number, number>()

  constructor(gate: ConnectivityGate) {
    this.#gate = gate
  }

  /** Agents that are free, and open to at least one of the runs. */
  find({ groupId, agents, datasourceNames, pieces, isFree }: Wanted): ReadyAgent[] {
    const sources = distinct(datasourceNames)
    const enough = Math.max(ENOUGH_MIN, pieces * ENOUGH_PER_PIECE)
    const from = this.#next.get(groupId) ?? 0
    const found: ReadyAgent[] = []
    let asked = 0
    let next: number | null = null
    for (let n = 0; n < agents.length && found.length < enough; n += 1) {
      const at = (from + n) % agents.length
      const agent = agents[at]!
      if (!isFree(agent)) continue
      if (this.#wasOpen(sources, agent.agentId)) found.push(agent)
      else if (asked === ASKED_MAX) next ??= at
      else {
        asked += 1
        if (this.#isOpen(sources, agent.agentId)) found.push(agent)
      }
      if (found.length === enough) next ??= at + 1
    }
    this.#next.set(groupId, next ?? from)
    return found
  }

  /** By the gate, now. */
  isOpen(datasourceNames: readonly string[], agentId: string): boolean {
    if (datasourceNames.length === 0) return true
    const isOpen = this.#gate.check(agentId, datasourceNames).kind === 'open'
    this.#remember(keyOf(datasourceNames), agentId, isOpen)
    return isOpen
  }

  #wasOpen(sources: ReadonlyMap<string, readonly string[]>, agentId: string): boolean {
    for (const [key, names] of sources) {
      if (names.length === 0 || this.#open.get(key)?.has(agentId) === true) return true
    }
    return false
  }

  /** Asks for all of them: each may need a test of its own. */
  #isOpen(sources: ReadonlyMap<string, readonly string[]>, agentId: string): boolean {
    let isOpen = false
    for (const names of sources.values()) if (this.isOpen(names, agentId)) isOpen = true
    return isOpen
  }

  #remember(key: string, agentId: string, isOpen: boolean): void {
    const known = this.#open.get(key)
    if (known?.has(agentId) === isOpen) return
    if (!isOpen) {
      if (known?.delete(agentId) === true) this.#openCount -= 1
      return
    }
    if (this.#openCount === OPEN_MAX) {
      this.#open.clear()
      this.#openCount = 0
    }
    const opened = this.#open.get(key) ?? new Set<string>()
    this.#open.set(key, opened.add(agentId))
    this.#openCount += 1
  }
}

function distinct(
  datasourceNames: readonly (readonly string[])[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(datasourceNames.map((names) => [keyOf(names), names]))
}

/** Names hold no line ends. */
function keyOf(datasourceNames: readonly string[]): string {
  return datasourceNames.join('\n')
}
