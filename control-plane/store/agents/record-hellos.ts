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

interface HelloRow {
  readonly agentId: string
  /** Of the session that starts now: every older session of the agent is fenced by it. */
  readonly sessionEpoch: number
}

/** Starts the next session of many agents, each at most once; unknown and revoked ones get no row. */
export function recordHellos(db: Database, hellos: readonly AgentHello[]): Promise<HelloRow[]> {
  return db.query<HelloRow>(
    `UPDATE agents a
        SET session_epoch = a.session_epoch + 1, facts = h.facts, channels = h.channels,
            process_id = h."processId", state = h.state, lease_until_ms = h."leaseUntilMs",
            generation = h.generation, generation_offered = h."generationOffered"
       FROM jsonb_to_recordset($1::jsonb) AS h(
              "agentId" uuid, facts jsonb, channels integer, "processId" text, state text,
              "leaseUntilMs" bigint, generation bigint, "generationOffered" bigint)
      WHERE a.id = h."agentId" AND a.state <> 'revoked'
      RETURNING a.id AS "agentId", a.session_epoch AS "sessionEpoch"`,
    [jsonParam(hellos)],
  )
}
