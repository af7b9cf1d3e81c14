import type { Database } from '../database.ts'

export interface EnrolTokenUse {
  readonly tokenHash: string
  /** SHA-256 (hex) of the agent's own secret: who may use the token again after a lost reply. */
  readonly agentKeyHash: string
  /** UUID that the agent gets if this is the token's first use. */
  readonly newAgentId: string
  readonly nowMs: number
}

export interface BurnedTokenRow {
  readonly groupId: number
  readonly groupName: string
  /** `newAgentId`: the first use, the agent is to be inserted in this transaction. Another: it exists. */
  readonly agentId: string
}

/**
 * Uses the token up; null: unknown, expired, or used by another agent. One conditional UPDATE: of two
 * at once the later waits for the row and then sees the earlier one's key.
 */
export async function burnEnrolToken(
  db: Database,
  use: EnrolTokenUse,
): Promise<BurnedTokenRow | null> {
  const [row] = await db.query<BurnedTokenRow>(
    `UPDATE enrol_tokens t
        SET used_at_ms = COALESCE(t.used_at_ms, $4), agent_key_hash = $2,
            agent_id = COALESCE(t.agent_id, $3)
       FROM resource_groups g
      WHERE t.token_hash = $1 AND g.id = t.group_id AND t.expires_at_ms > $4
        AND (t.used_at_ms IS NULL OR t.agent_key_hash = $2)
      RETURNING t.group_id AS "groupId", g.name AS "groupName", t.agent_id AS "agentId"`,
    [use.tokenHash, use.agentKeyHash, use.newAgentId, use.nowMs],
  )
  return row ?? null
}
