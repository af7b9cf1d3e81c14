import type { Database } from '../database.ts'

export interface BurnedTokenRow {
  readonly groupId: number
  readonly groupName: string
  /** As the user registered the host: {name, uuid, ip, cpuCount, memoryBytes}, each optional. */
  readonly expected: unknown
}

/**
 * Takes one use of the token; null: unknown, expired, or used up. One conditional UPDATE: of two at
 * once the later waits for the row and then sees the earlier one's use.
 */
export async function burnEnrolToken(
  db: Database,
  use: { readonly tokenHash: string; readonly nowMs: number },
): Promise<BurnedTokenRow | null> {
  const [row] = await db.query<BurnedTokenRow>(
    `UPDATE enrol_tokens t
        SET uses = t.uses + 1, used_at_ms = COALESCE(t.used_at_ms, $2)
       FROM resource_groups g
      WHERE t.token_hash = $1 AND g.id = t.group_id AND t.expires_at_ms > $2
        AND t.uses < t.uses_max
      RETURNING t.group_id AS "groupId", g.name AS "groupName", t.expected`,
    [use.tokenHash, use.nowMs],
  )
  return row ?? null
}
