/** What the link asks of the store. wiring/ gives it through store statements; tests keep it in memory. */
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { BeatStore } from './beat-store.ts'

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
  readonly groupName: string
  /** SHA-256 (hex) of the agent's public key (SPKI, DER). */
  readonly publicKeyHash: string
  readonly state: AgentState
  /** Wall clock; null: it does not drain. */
  readonly drainUntilMs: number | null
  readonly channels: number
  /** What the agent has on its disk for sure. */
  readonly generation: number
  /** Offered in the last Welcome. */
  readonly generationOffered: number
  /** '': has never connected. */
  readonly processId: string
  /** Of the last accepted Hello; before it, of the enrolment. */
  readonly facts: HostFacts
  readonly certificateUntilMs: number
}

export interface EnrolAttempt {
  readonly tokenHash: string
  readonly publicKeyHash: string
  /** Asked for by the host; '': as the token says, else `defaultName`. */
  readonly wantedName: string
  readonly defaultName: string
  /** Id of the agent, should it be a new one. */
  readonly newAgentId: string
  readonly facts: HostFacts
  /** Of the certificate that it will be given. */
  readonly certificateUntilMs: number
  readonly nowMs: number
}

export type EnrolOutcome =
  | {
      readonly kind: 'enrolled'
      readonly agentId: string
      readonly name: string
      readonly group: string
      /** What the host reports otherwise than it was registered. */
      readonly notices: readonly string[]
    }
  | { readonly kind: 'unknownToken' }
  | { readonly kind: 'expired'; readonly expiredAtMs: number }
  /** The token was used up, with other keys. */
  | { readonly kind: 'tokenUsed' }
  /** The key is an agent's already, made by another token. */
  | { readonly kind: 'keyUsed' }
  /** Not the host that was registered: what was expected and what it reports. */
  | { readonly kind: 'otherHost'; readonly message: string }
  | { readonly kind: 'nameTaken'; readonly name: string }

export type TokenCheck =
  | { readonly kind: 'good'; readonly group: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'used' }

export interface OpenedSession {
  readonly agentId: string
  readonly processId: string
  readonly channels: number
  readonly facts: HostFacts
  readonly state: AgentState
  /** Wall clock. */
  readonly leaseUntilMs: number
  /** As the agent said it. */
  readonly generation: number
  readonly generationOffered: number
}

/** Someone else who says he is the agent. */
export interface SeenCopy {
  readonly agentId: string
  readonly verdict: 'clone' | 'snapshot'
  /** By what it is known again. */
  readonly hostHash: string
  readonly generation: number
  readonly facts: HostFacts
  readonly peer: string
  readonly nowMs: number
}

export interface RecordedCopy {
  readonly copyId: number
  readonly isNew: boolean
  /** null: nobody has decided. */
  readonly decision: 'new' | 'same' | null
}

/** A one-time token for a copy that becomes an agent of its own, in the group of the original. */
export interface CopyToken {
  readonly tokenHash: string
  readonly groupId: number
  /** The new agent's, or the first free one of name-2, name-3, ... */
  readonly name: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
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
export interface LinkStore extends BeatStore {
  /** Burns the token and makes the agent in one transaction; the same token and key find it again. */
  enrol(attempt: EnrolAttempt): Promise<EnrolOutcome>
  /** Burns nothing. */
  checkToken(tokenHash: string, nowMs: number): Promise<TokenCheck>
  findAgent(agentId: string): Promise<StoredAgent | null>
  /** All but those that never connected. */
  listAgents(): Promise<readonly StoredAgent[]>
  /** Takes the next session epoch; null: there is no such agent or it is revoked. Durable before it resolves. */
  openSession(session: OpenedSession): Promise<{ readonly sessionEpoch: number } | null>
  /** The agent has it on its disk. Ignored when a newer session has been opened since. */
  confirmGeneration(agentId: string, sessionEpoch: number, generation: number): Promise<void>
  saveCertificate(agentId: string, certificateUntilMs: number): Promise<void>
  /** For good: nothing brings a revoked agent back. */
  revokeAgent(agentId: string): Promise<void>
  /** Also of one that drains already: it has until the new time. Ignored for a revoked agent. */
  startDrain(agentId: string, drainUntilMs: number): Promise<void>
  /** Ignored for a revoked agent. */
  setAgentState(agentId: string, state: AgentState): Promise<void>
  recordCopy(copy: SeenCopy): Promise<RecordedCopy>
  /** It has become the agent. */
  forgetCopy(copyId: number): Promise<void>
  addCopyToken(token: CopyToken): Promise<void>
  appendLogLines(lines: readonly StoredLogLine[]): Promise<void>
}
