/** The link's store in memory, for tests: the same answers as the statements give. */
import { EventEmitter } from 'node:events'

import type { AgentSample } from '../store/agent-samples/agent-sample.ts'
import type { AgentHeartbeat } from '../store/agents/record-heartbeats.ts'
import type {
  AgentState,
  CopyToken,
  EnrolAttempt,
  EnrolOutcome,
  LinkStore,
  OpenedSession,
  RecordedCopy,
  SeenCopy,
  StoredAgent,
  StoredLogLine,
  TokenCheck,
} from './link-store.ts'
import { TEST_FACTS } from './test-agent.ts'

export class MemoryLinkStore implements LinkStore {
  readonly agents = new Map<string, StoredAgent & { sessionEpoch: number }>()
  readonly beats: AgentHeartbeat[] = []
  readonly samples: AgentSample[] = []
  readonly lines: StoredLogLine[] = []
  readonly states: string[] = []
  readonly copies: (SeenCopy & { decision: 'new' | 'same' | null })[] = []
  readonly copyTokens: CopyToken[] = []
  /** 'generation': one was confirmed. */
  readonly confirmed = new EventEmitter()
  /** The name that enrolled agents get; null: no token is known. */
  enrolsAs: string | null = null
  /** What checkToken answers. */
  check: TokenCheck = { kind: 'unknown' }
  /** Rejects the next appendLogLines. */
  failLogsOnce = false

  addAgent(agent: Pick<StoredAgent, 'agentId' | 'publicKeyHash'> & Partial<StoredAgent>): void {
    this.agents.set(agent.agentId, {
      name: `agent-${agent.agentId.slice(0, 4)}`,
      groupId: 1,
      groupName: 'idc',
      state: 'enrolled',
      drainUntilMs: null,
      channels: 2,
      generation: 0,
      generationOffered: 0,
      processId: '',
      facts: TEST_FACTS,
      certificateUntilMs: 0,
      sessionEpoch: 0,
      ...agent,
    })
  }

  /** Whatever the token: enrol.test.ts runs against the statements. */
  async enrol({ newAgentId, publicKeyHash, facts }: EnrolAttempt): Promise<EnrolOutcome> {
    const name = this.enrolsAs
    if (name === null) return { kind: 'unknownToken' }
    this.addAgent({ agentId: newAgentId, publicKeyHash, facts, name })
    return { kind: 'enrolled', agentId: newAgentId, name, group: 'idc', notices: [] }
  }

  async checkToken(): Promise<TokenCheck> {
    return this.check
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
    const { agentId: _agentId, leaseUntilMs: _leaseUntilMs, ...stored } = session
    this.#change(session.agentId, { ...stored, sessionEpoch })
    return { sessionEpoch }
  }

  async confirmGeneration(agentId: string, epoch: number, generation: number): Promise<void> {
    if (this.agents.get(agentId)?.sessionEpoch !== epoch) return
    this.#change(agentId, { generation })
    this.confirmed.emit('generation')
  }

  async saveCertificate(agentId: string, certificateUntilMs: number): Promise<void> {
    this.#change(agentId, { certificateUntilMs })
  }

  async recordCopy(copy: SeenCopy): Promise<RecordedCopy> {
    const known = this.copies.find(({ hostHash }) => hostHash === copy.hostHash)
    if (known === undefined) {
      const copyId = this.copies.push({ ...copy, decision: null })
      return { copyId, isNew: true, decision: null }
    }
    const { decision } = known
    return { copyId: this.copies.indexOf(known) + 1, isNew: false, decision }
  }

  async forgetCopy(copyId: number): Promise<void> {
    this.copies.splice(copyId - 1, 1)
  }

  async addCopyToken(token: CopyToken): Promise<void> {
    this.copyTokens.push(token)
  }

  async saveBeats(beats: readonly AgentHeartbeat[]): Promise<void> {
    this.beats.push(...beats)
  }

  async saveSamples(samples: readonly AgentSample[]): Promise<void> {
    this.samples.push(...samples)
  }

  async revokeAgent(agentId: string): Promise<void> {
    this.#change(agentId, { state: 'revoked' })
  }

  async startDrain(agentId: string, drainUntilMs: number): Promise<void> {
    if (this.agents.get(agentId)?.state === 'revoked') return
    this.states.push('draining')
    this.#change(agentId, { state: 'draining', drainUntilMs })
  }

  async setAgentState(agentId: string, state: AgentState): Promise<void> {
    if (this.agents.get(agentId)?.state === 'revoked') return
    this.states.push(state)
    const drains = state === 'draining' || state === 'drained'
    this.#change(agentId, { state, ...(drains ? {} : { drainUntilMs: null }) })
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
