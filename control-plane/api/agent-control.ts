/** What the API asks of the agent link. link/ gives it through wiring/; tests use a fake. */
import type { AgentRestart, LinkFigures, ReadyAgent } from '../run/link-port.ts'

export interface AgentControl {
  /** Agents that may be given work right now. */
  readyAgents(): readonly ReadyAgent[]
  /** Channels of this agent that have no slice; 0 when it is not ready. */
  freeChannels(agentId: string): number
  /** Newer than what the store holds; null: none since the control plane started. */
  lastBeat(
    agentId: string,
  ): { readonly heartbeat: unknown; readonly atMs: number; readonly leaseUntilMs: number } | null
  linkFigures(): LinkFigures
  /** null: none since the control plane started. */
  lastRestart(agentId: string): AgentRestart | null
  /**
   * Asks an agent to finish what runs and to take nothing new. Resolves when the state is stored;
   * an agent that is not connected hears it when it comes back. What still runs at the deadline is
   * given back; undefined: as the link's settings say.
   */
  drain(agentId: string, deadlineMs?: number): Promise<void>
  /** Takes a drain back: the agent may be given work again, as soon as it is connected. */
  resume(agentId: string): Promise<void>
  /** Ends the agent's session for good: its key is never accepted again. */
  revoke(agentId: string): Promise<void>
}
