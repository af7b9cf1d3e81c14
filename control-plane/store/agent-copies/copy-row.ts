/** Someone else who says he is the agent. */
export interface AgentCopyRow {
  readonly id: number
  readonly agentId: string
  readonly verdict: 'clone' | 'snapshot'
  readonly generation: number
  readonly facts: unknown
  readonly peer: string
  readonly firstSeenMs: number
  readonly lastSeenMs: number
  /** null: nobody has decided. */
  readonly decision: 'new' | 'same' | null
}

export const COPY_COLUMNS = `
  id, agent_id AS "agentId", verdict, generation, facts, peer, first_seen_ms AS "firstSeenMs",
  last_seen_ms AS "lastSeenMs", decision`
