import { AgentRecord } from './agent-record.ts'
import type { Presence } from './lease.ts'
import type { StoredAgent } from './link-store.ts'
import { ReadyAgents } from './ready-agents.ts'
import { SerialQueue } from './serial-queue.ts'

/** Every agent that this process has heard of. Bounded by the agents that are enrolled. */
export class Registry {
  readonly #records = new Map<string, AgentRecord>()
  readonly ready = new ReadyAgents()
  readonly #onError: (agentId: string, error: unknown) => void

  constructor(onError: (agentId: string, error: unknown) => void) {
    this.#onError = onError
  }

  get(agentId: string): AgentRecord | undefined {
    return this.#records.get(agentId)
  }

  all(): IterableIterator<AgentRecord> {
    return this.#records.values()
  }

  /** The agent's record, made when this process has not heard of it yet. */
  obtain(stored: StoredAgent, presence: Presence, nowMs: number): AgentRecord {
    const known = this.#records.get(stored.agentId)
    if (known !== undefined) {
      known.name = stored.name
      known.groupId = stored.groupId
      return known
    }
    const queue = new SerialQueue((error) => this.#onError(stored.agentId, error))
    const record = new AgentRecord(stored, presence, nowMs, queue, (changed) =>
      this.ready.update(changed.agentId, changed.isReady ? changed.ready : null),
    )
    this.#records.set(stored.agentId, record)
    return record
  }
}
