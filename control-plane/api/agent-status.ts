import type { AgentState } from '../store/agents/agent-row.ts'
import type { AgentStatus } from './shapes/agent.ts'

/** So long a restart is worth a word while the agent finds its way back. */
export const RESTART_SHOWN_MS = 60_000

export interface AgentSituation {
  readonly state: AgentState
  /** May be given work right now. */
  readonly ready: boolean
  readonly freeChannels: number
  /** Since its process runs that came after another one; null: not known, or the first one. */
  readonly restartedAtMs: number | null
  /** It drains for another version, restarts, or is judged. */
  readonly upgrading: boolean
  readonly nowMs: number
}

/** The one word for an agent that people read: NotInstalled is for servers that are no agents yet. */
export function agentStatus(agent: AgentSituation): AgentStatus {
  switch (agent.state) {
    case 'online':
      return onlineStatus(agent)
    case 'suspect':
      return 'Unreachable'
    case 'enrolled':
    case 'offline':
      return agent.upgrading ? 'Upgrading' : 'Stopped'
    case 'draining':
      return 'Draining'
    case 'drained':
      return 'Drained'
    case 'quarantined':
      return 'Quarantined'
    case 'revoked':
      return 'Revoked'
  }
}

/** Connected but not ready, and not since a restart: its disk is full, or it refuses work. */
function onlineStatus(agent: AgentSituation): AgentStatus {
  const { ready, freeChannels, restartedAtMs, upgrading, nowMs } = agent
  if (upgrading) return 'Upgrading'
  if (ready) return freeChannels > 0 ? 'Available' : 'Busy'
  const isRestart = restartedAtMs !== null && nowMs - restartedAtMs < RESTART_SHOWN_MS
  return isRestart ? 'Restarted' : 'Busy'
}
