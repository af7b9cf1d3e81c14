import type { Heartbeat } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
/** What the link asks of the store. main.ts gives it through store statements; tests keep it in memory. */
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'

/** As stored. `enrolled`: has never connected. */
export type AgentState =
  | 'enrolled'
  | 'online'
  | 'suspect'
  | 'offline'
  | 'draining'
  | 'drained'
  | 'quarantined'
  | 'revoked'

export interface StoredAgent {
  readonly agentId: string
  readonly name: string
  readonly groupId: number
  /** SHA-256 (hex) of the secret that the agent made for itself. */
  readonly keyHash: string
  readonly state: AgentState
  readonly channels: number
}

export interface EnrolAttempt {
  readonly tokenHash: string
  readonly keyHash: string
  /** Free to use when no other agent has it; else the store says NAME_TAKEN. */
  readonly name: string
  /** Id of the agent, should it be a new one. */
  readonly newAgentId: string
  readonly facts: HostFacts
  readonly nowMs: number
}

export type EnrolOutcome =
  | {
      readonly kind: 'enrolled'
      readonly agentId: string
      readonly name: string
      readonly group: string
    }
  | { readonly kind: 'unknownToken' }
  | { readonly kind: 'expired'; readonly expiredAtMs: number }
  /** The token made an agent already, with another key. */
  | { readonly kind: 'tokenUsed' }
  /** The key is an agent's already, made by another token. */
  | { readonly kind: 'keyUsed' }
  | { readonly kind: 'nameTaken' }

export interface OpenedSession {
  readonly agentId: string
  readonly processId: string
  readonly channels: number
  readonly facts: HostFacts
  readonly state: AgentState
  /** Wall clock. */
  readonly leaseUntilMs: number
}

export interface StoredBeat {
  readonly agentId: string
  readonly sessionEpoch: number
  readonly state: AgentState
  readonly heartbeat: Heartbeat
  readonly atMs: number
  readonly leaseUntilMs: number
}

export interface StoredLogLine {
  readonly agentId: string
  /** null: of the agent itself. */
  readonly runId: number | null
  readonly workId: string
  readonly attempt: number
  readonly atMs: number
  readonly level: string
  readonly message: string
  /** Parsed; null: none. */
  readonly fields: unknown
}

/** Every call may reject with a StoreError. */
export interface LinkStore {
  /** Burns the token and makes the agent in one transaction; the same token and key find it again. */
  enrol(attempt: EnrolAttempt): Promise<EnrolOutcome>
  findAgent(agentId: string): Promise<StoredAgent | null>
  /** All but those that never connected. */
  listAgents(): Promise<readonly StoredAgent[]>
  /** Takes the next session epoch; null: there is no such agent or it is revoked. */
  openSession(session: OpenedSession): Promise<{ readonly sessionEpoch: number } | null>
  /** Ignored when a newer session has been opened since. */
  saveBeat(beat: StoredBeat): Promise<void>
  /** For good: nothing brings a revoked agent back. */
  revokeAgent(agentId: string): Promise<void>
  /** Ignored for a revoked agent. */
  setAgentState(agentId: string, state: AgentState): Promise<void>
  appendLogLines(lines: readonly StoredLogLine[]): Promise<void>
}
