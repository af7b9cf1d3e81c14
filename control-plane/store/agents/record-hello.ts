import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import type { AgentState } from './agent-row.ts'

export interface AgentHello {
  readonly agentId: string
  readonly facts: unknown
  readonly channels: number
  readonly processId: string
  readonly state: AgentState
  readonly leaseUntilMs: number
  /** As the agent said it: it is on its disk. */
  readonly generation: number
  readonly generationOffered: number
}

export interface HelloRow {
  /** Of the session that starts now: every older session of the agent is fenced by it. */
  readonly sessionEpoch: number
  /** Other than the one said now: the agent process was restarted. */
  readonly previousProcessId: string
  readonly previousState: AgentState
}

/** Starts the agent's next session; null when the agent is unknown or revoked. */
export async function recordHello(db: Database, hello: AgentHello): Promise<HelloRow | null> {
  const [row] = await db.query<HelloRow>(
    `UPDATE agents a
        SET session_epoch = a.session_epoch + 1, facts = $2::jsonb, channels = $3,
            process_id = $4, state = $5, lease_until_ms = $6, generation = $7,
            generation_offered = $8
       FROM (SELECT id, process_id, state FROM agents WHERE id = $1 FOR UPDATE) before
      WHERE a.id = before.id AND before.state <> 'revoked'
      RETURNING a.session_epoch AS "sessionEpoch", before.process_id AS "previousProcessId",
                before.state AS "previousState"`,
    [
      hello.agentId,
      jsonParam(hello.facts),
      hello.channels,
      hello.processId,
      hello.state,
      hello.leaseUntilMs,
      hello.generation,
      hello.generationOffered,
    ],
  )
  return row ?? null
}
