/** The link's store in memory, for tests: the same answers as the statements give. */
import type {
  AgentState,
  EnrolAttempt,
  EnrolOutcome,
  LinkStore,
  OpenedSession,
  StoredAgent,
  StoredBeat,
  StoredLogLine,
} from './link-store.ts'

export interface MemoryToken {
  readonly group: string
  readonly expiresAtMs: number
  keyHash?: string
  agentId?: string
}

export class MemoryLinkStore implements LinkStore {
  readonly tokens = new Map<string, MemoryToken>()
  readonly agents = new Map<string, StoredAgent & { sessionEpoch: number }>()
  readonly beats: StoredBeat[] = []
  readonly lines: StoredLogLine[] = []
  readonly states: string[] = []
  /** Rejects the next appendLogLines. */
  failLogsOnce = false

  addAgent(agentId: string, keyHash: string, state: AgentState = 'enrolled'): void {
    const agent = { agentId, name: `agent-${agentId.slice(0, 4)}`, groupId: 1, keyHash, state }
    this.agents.set(agentId, { ...agent, channels: 2, sessionEpoch: 0 })
  }

  async enrol(attempt: EnrolAttempt): Promise<EnrolOutcome> {
    const token = this.tokens.get(attempt.tokenHash)
    if (token === undefined) return { kind: 'unknownToken' }
    if (token.expiresAtMs <= attempt.nowMs) {
      return { kind: 'expired', expiredAtMs: token.expiresAtMs }
    }
    if (token.keyHash !== undefined && token.keyHash !== attempt.keyHash) {
      return { kind: 'tokenUsed' }
    }
    const known = this.agents.get(token.agentId ?? '')
    if (known !== undefined) {
      return { kind: 'enrolled', agentId: known.agentId, name: known.name, group: token.group }
    }
    for (const agent of this.agents.values()) {
      if (agent.keyHash === attempt.keyHash) return { kind: 'keyUsed' }
      if (agent.name === attempt.name) return { kind: 'nameTaken' }
    }
    token.keyHash = attempt.keyHash
    token.agentId = attempt.newAgentId
    this.addAgent(attempt.newAgentId, attempt.keyHash)
    this.#change(attempt.newAgentId, { name: attempt.name })
    const { newAgentId: agentId, name } = attempt
    return { kind: 'enrolled', agentId, name, group: token.group }
  }

  async findAgent(agentId: string): Promise<StoredAgent | null> {
    return this.agents.get(agentId) ?? null
  }

  async listAgents(): Promise<readonly StoredAgent[]> {
    return [...this.agents.values()].filter(({ state }) => state !== 'enrolled')
  }

  async openSession(session: OpenedSession): Promise<{ readonly sessionEpoch: number } | null> {
    const agent = this.agents.get(session.agentId)
    if (agent === undefined || agent.state === 'revoked') return null
    const sessionEpoch = agent.sessionEpoch + 1
    this.#change(session.agentId, { sessionEpoch, state: session.state })
    return { sessionEpoch }
  }

  async saveBeat(beat: StoredBeat): Promise<void> {
    this.beats.push(beat)
  }

  async revokeAgent(agentId: string): Promise<void> {
    this.#change(agentId, { state: 'revoked' })
  }

  async setAgentState(agentId: string, state: AgentState): Promise<void> {
    if (this.agents.get(agentId)?.state === 'revoked') return
    this.states.push(state)
    this.#change(agentId, { state })
  }

  async appendLogLines(lines: readonly StoredLogLine[]): Promise<void> {
    if (this.failLogsOnce) {
      this.failLogsOnce = false
      throw new Error('the store is away')
    }
    this.lines.push(...lines)
  }

  #change(agentId: string, change: Partial<StoredAgent & { sessionEpoch: number }>): void {
    const agent = this.agents.get(agentId)
    if (agent !== undefined) this.agents.set(agentId, { ...agent, ...change })
  }
}
