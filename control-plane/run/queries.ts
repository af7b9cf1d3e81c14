/**
 * Ad-hoc SQL: one statement, executed by an agent of a group, while the caller waits.
 *
 * Q1  A statement may have side effects, so it is handed to one agent once. When that agent is lost
 *     the outcome is unknown and the caller is told so; nothing is tried again.
 * Q2  Nothing is stored: a query ends with the call that asked for it.
 */
import { randomUUID } from 'node:crypto'

import type { MaxComputeConnectionInput } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { AgentLink, ReadyAgent, WorkRef } from './link-port.ts'
import type { RunErrorCode } from './run-error-codes.ts'
import type { QueryOutcome } from './run-port.ts'
import { queryWorkId } from './work-id.ts'

/** Queries that wait or run at once. */
export const QUERIES_MAX = 64
/** The only attempt there is (Q1). */
const ATTEMPT = 1

interface Query {
  readonly id: string
  readonly groupId: number
  readonly groupName: string
  readonly connection: MaxComputeConnectionInput
  readonly sql: string
  readonly rowsMax: number
  agentId: string | null
  body: { readonly bulkId: string; readonly bytes: Uint8Array } | null
  readonly finish: (outcome: QueryOutcome) => void
}

export interface NewQuery {
  readonly groupId: number
  readonly groupName: string
  readonly connection: MaxComputeConnectionInput
  readonly sql: string
  readonly rowsMax: number
}

export class Queries {
  readonly #link: AgentLink
  readonly #queries = new Map<string, Query>()

  constructor(link: AgentLink) {
    this.#link = link
  }

  /** Resolves when the statement is done, or null when QUERIES_MAX are under way. */
  run(query: NewQuery, signal: AbortSignal): Promise<QueryOutcome | null> {
    if (this.#queries.size >= QUERIES_MAX) return Promise.resolve(null)
    const id = randomUUID()
    return new Promise((resolve) => {
      const finish = (outcome: QueryOutcome): void => {
        this.#queries.delete(id)
        signal.removeEventListener('abort', abort)
        resolve(outcome)
      }
      const abort = (): void => {
        const started = this.#queries.get(id)
        if (started?.agentId) this.#link.cancel(started.agentId, refOf(id), 'the caller went away')
        finish({ queryId: id, state: 'killed', result: null, error: null })
      }
      this.#queries.set(id, { id, ...query, agentId: null, body: null, finish })
      signal.addEventListener('abort', abort)
      if (signal.aborted) abort()
    })
  }

  /** Hands out what waits. */
  pump(readyAgents: () => readonly ReadyAgent[]): void {
    const waiting = [...this.#queries.values()].filter((query) => query.agentId === null)
    if (waiting.length === 0) return
    const agents = readyAgents()
    for (const query of waiting) {
      const agent = agents.find((candidate) => candidate.groupId === query.groupId)
      if (agent === undefined) {
        const message = `no agent of resource group ${query.groupName} is online: start one, or name another group`
        this.#fail(query, 'NO_AGENT', message)
        continue
      }
      query.agentId = agent.agentId
      const spec = {
        maxcompute: query.connection,
        sql: query.sql,
        rowsMax: query.rowsMax,
        hints: {},
      }
      if (this.#link.assign(agent.agentId, { ...refOf(query.id), query: spec })) continue
      query.agentId = null
    }
  }

  rejected(queryId: string): void {
    const query = this.#queries.get(queryId)
    if (query !== undefined) query.agentId = null
  }

  isHeldBy(queryId: string, attempt: number, agentId: string): boolean {
    return attempt === ATTEMPT && this.#queries.get(queryId)?.agentId === agentId
  }

  /** Q1: `known` holds `workId#attempt` of everything that the agent still has. */
  agentHolds(agentId: string, known: ReadonlySet<string>): void {
    for (const query of this.#queries.values()) {
      if (query.agentId !== agentId || known.has(`${queryWorkId(query.id)}#${ATTEMPT}`)) continue
      const message = 'the agent was lost while it ran the statement: its outcome is unknown'
      this.#fail(query, 'AGENT_LOST', message)
    }
  }

  bulk(ref: WorkRef, bulkId: string, bytes: Uint8Array): void {
    for (const query of this.#queries.values()) {
      if (queryWorkId(query.id) === ref.workId) query.body = { bulkId, bytes }
    }
  }

  result(queryId: string, agentId: string, result: Result): void {
    const query = this.#queries.get(queryId)
    if (query?.agentId !== agentId) return
    if (result.outcome !== 'query' || !result.query) {
      const { code, message, where, cause } = result.error ?? { code: 'INTERNAL', message: '' }
      const error = { code, message, where, cause }
      query.finish({ queryId, state: 'failed', result: null, error })
      return
    }
    if (query.body === null || query.body.bulkId !== result.query.bulkId) {
      this.#fail(query, 'INTERNAL', 'the rows of the result did not arrive')
      return
    }
    const rows: unknown = JSON.parse(Buffer.from(query.body.bytes).toString('utf8'))
    query.finish({ queryId, state: 'succeeded', result: rows, error: null })
  }

  #fail(query: Query, code: RunErrorCode, message: string): void {
    query.finish({
      queryId: query.id,
      state: 'failed',
      result: null,
      error: { code, message, where: {}, cause: '' },
    })
  }
}

function refOf(queryId: string): WorkRef {
  return { workId: queryWorkId(queryId), attempt: ATTEMPT }
}
