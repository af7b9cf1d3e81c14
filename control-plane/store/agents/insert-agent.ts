import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface NewAgent {
  /** UUID. */
  readonly id: string
  readonly name: string
  readonly groupId: number
  /** SHA-256 (hex) of the agent's secret. */
  readonly keyHash: string
  readonly facts: unknown
  readonly createdAtMs: number
}

/** An enrolled agent. CONFLICT on `agents_name_key` when the name is taken, `agents_key_hash_key` the key. */
export async function insertAgent(db: Database, agent: NewAgent): Promise<void> {
  await db.query(
    `INSERT INTO agents (id, name, group_id, key_hash, state, facts, created_at_ms)
     VALUES ($1, $2, $3, $4, 'enrolled', $5::jsonb, $6)`,
    [agent.id, agent.name, agent.groupId, agent.keyHash, jsonParam(agent.facts), agent.createdAtMs],
  )
}
