import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface NewAgent {
  /** UUID. */
  readonly id: string
  readonly name: string
  readonly groupId: number
  /** SHA-256 (hex) of the agent's public key (SPKI, DER). */
  readonly publicKeyHash: string
  /** '': made without a token. */
  readonly enrolTokenHash?: string
  readonly facts: unknown
  readonly notices?: readonly string[]
  readonly certificateUntilMs?: number
  readonly createdAtMs: number
}

/** An enrolled agent. CONFLICT on `agents_name_key` when the name is taken, `agents_public_key_hash_key` the key. */
export async function insertAgent(db: Database, agent: NewAgent): Promise<void> {
  await db.query(
    `INSERT INTO agents (id, name, group_id, public_key_hash, enrol_token_hash, state, facts, notices,
                         certificate_until_ms, created_at_ms)
     VALUES ($1, $2, $3, $4, $5, 'enrolled', $6::jsonb, $7::jsonb, $8, $9)`,
    [
      agent.id,
      agent.name,
      agent.groupId,
      agent.publicKeyHash,
      agent.enrolTokenHash ?? '',
      jsonParam(agent.facts),
      jsonParam(agent.notices ?? []),
      agent.certificateUntilMs ?? 0,
      agent.createdAtMs,
    ],
  )
}
