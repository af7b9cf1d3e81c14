/**
 * Which agent gets which slice next. Pure.
 *
 * Credit: an agent is offered no more slices than it has free channels. Runs of a group take turns,
 * one slice each, so that a large run does not starve a small one that came later.
 */
import type { ReadyAgent } from './link-port.ts'

export interface SliceDemand {
  readonly runId: number
  readonly groupId: number
  /** Slices that may be assigned now, in the order in which they should be. */
  readonly pending: readonly {
    readonly sliceNo: number
    /** The agent on which the last attempt failed or was lost: others are preferred. */
    readonly avoidAgentId: string | null
  }[]
  /** How many more of this run may be in flight (`concurrent` less those that are). */
  readonly slots: number
}

export interface Assignment {
  readonly runId: number
  readonly sliceNo: number
  readonly agentId: string
}

/** `inFlight`: slices that each agent has now, by agent id. */
export function assignSlices(
  demands: readonly SliceDemand[],
  agents: readonly ReadyAgent[],
  inFlight: ReadonlyMap<string, number>,
): Assignment[] {
  const free = new Map(
    agents.map((agent) => [agent.agentId, agent.channels - (inFlight.get(agent.agentId) ?? 0)]),
  )
  const assignments: Assignment[] = []
  const cursors = demands.map((demand) => ({ demand, next: 0 }))
  let progressed = true
  while (progressed) {
    progressed = false
    for (const cursor of cursors) {
      const { demand } = cursor
      const slice = demand.pending[cursor.next]
      if (slice === undefined || cursor.next >= demand.slots) continue
      const agentId = freest(agents, demand.groupId, free, slice.avoidAgentId)
      if (agentId === null) continue
      free.set(agentId, free.get(agentId)! - 1)
      assignments.push({ runId: demand.runId, sliceNo: slice.sliceNo, agentId })
      cursor.next += 1
      progressed = true
    }
  }
  return assignments
}

function freest(
  agents: readonly ReadyAgent[],
  groupId: number,
  free: ReadonlyMap<string, number>,
  avoidAgentId: string | null,
): string | null {
  let best: string | null = null
  let bestScore = 0
  for (const agent of agents) {
    const channels = free.get(agent.agentId) ?? 0
    if (agent.groupId !== groupId || channels <= 0) continue
    // An agent to avoid is still better than none.
    const score = agent.agentId === avoidAgentId ? 0.5 : channels
    if (score > bestScore) {
      best = agent.agentId
      bestScore = score
    }
  }
  return best
}
