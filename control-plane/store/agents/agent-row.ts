export type AgentState =
  | 'enrolled'
  | 'online'
  | 'suspect'
  | 'offline'
  | 'draining'
  | 'drained'
  | 'quarantined'
  | 'revoked'

export interface AgentRow {
  readonly id: string
  readonly name: string
  readonly groupId: number
  readonly groupName: string
  /** SHA-256 (hex) of the agent's public key (SPKI, DER). */
  readonly publicKeyHash: string
  readonly state: AgentState
  /** What still runs then is given back; null: it does not drain. */
  readonly drainUntilMs: number | null
  readonly sessionEpoch: number
  readonly processId: string
  /** Slices at once. */
  readonly channels: number
  /** What the agent has on its disk for sure. */
  readonly generation: number
  /** Offered in the last Welcome. */
  readonly generationOffered: number
  /** What the host reports otherwise than it was registered. */
  readonly notices: readonly string[]
  readonly certificateUntilMs: number
  readonly facts: unknown
  readonly heartbeat: unknown
  readonly heartbeatAtMs: number | null
  readonly leaseUntilMs: number
  /** Share of the slices among the agents of its group; 0: takes none. */
  readonly weight: number
  readonly labels: Readonly<Record<string, string>>
  readonly createdAtMs: number
}

/** An AgentRow of `agents a JOIN resource_groups g`. */
export const AGENT_COLUMNS = `
  a.id, a.name, a.group_id AS "groupId", g.name AS "groupName", a.state,
  a.drain_until_ms AS "drainUntilMs",
  a.public_key_hash AS "publicKeyHash", a.generation, a.generation_offered AS "generationOffered",
  a.notices, a.certificate_until_ms AS "certificateUntilMs",
  a.session_epoch AS "sessionEpoch", a.process_id AS "processId", a.channels, a.facts, a.heartbeat,
  a.heartbeat_at_ms AS "heartbeatAtMs", a.lease_until_ms AS "leaseUntilMs",
  a.weight, a.labels, a.created_at_ms AS "createdAtMs"`
