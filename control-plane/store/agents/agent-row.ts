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
  /** SHA-256 (hex) of the agent's secret. */
  readonly keyHash: string
  readonly state: AgentState
  readonly sessionEpoch: number
  readonly processId: string
  /** Slices at once. */
  readonly channels: number
  readonly facts: unknown
  readonly heartbeat: unknown
  readonly heartbeatAtMs: number | null
  readonly leaseUntilMs: number
  readonly createdAtMs: number
}

/** An AgentRow of `agents a JOIN resource_groups g`. */
export const AGENT_COLUMNS = `
  a.id, a.name, a.group_id AS "groupId", g.name AS "groupName", a.key_hash AS "keyHash", a.state,
  a.session_epoch AS "sessionEpoch", a.process_id AS "processId", a.channels, a.facts, a.heartbeat,
  a.heartbeat_at_ms AS "heartbeatAtMs", a.lease_until_ms AS "leaseUntilMs",
  a.created_at_ms AS "createdAtMs"`
