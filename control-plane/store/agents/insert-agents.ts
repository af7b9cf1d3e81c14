import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import type { NewAgent } from './insert-agent.ts'

/** Enrolled agents, all or none. CONFLICT as of `insertAgent` when one of them cannot be. */
export async function insertAgents(db: Database, agents: readonly NewAgent[]): Promise<void> {
  const rows = agents.map((agent) => ({
    enrolTokenHash: '',
    notices: [],
    certificateUntilMs: 0,
    ...agent,
  }))
  await db.query(
    `INSERT INTO agents (id, name, group_id, public_key_hash, enrol_token_hash, state, facts, notices,
                         certificate_until_ms, created_at_ms)
     SELECT id, name, "groupId", "publicKeyHash", "enrolTokenHash", 'enrolled', facts, notices,
            "certificateUntilMs", "createdAtMs"
       FROM jsonb_to_recordset($1::jsonb) AS n(
              id uuid, name text, "groupId" bigint, "publicKeyHash" text, "enrolTokenHash" text,
              facts jsonb, notices jsonb, "certificateUntilMs" bigint, "createdAtMs" bigint)`,
    [jsonParam(rows)],
  )
}
