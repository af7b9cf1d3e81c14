import type { Database } from '../database.ts'

export interface UnusedEnrolTokenRow {
  readonly groupName: string
  /** {name, uuid, ip, cpuCount, memoryBytes} as the user typed them. */
  readonly expected: unknown
  readonly uses: number
  readonly usesMax: number
  readonly createdBy: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Tokens that are not used up, expired ones too, the newest first; of one group, or (null) of all. */
export function listUnusedEnrolTokens(
  db: Database,
  groupId: number | null,
  limit: number,
): Promise<UnusedEnrolTokenRow[]> {
  return db.query<UnusedEnrolTokenRow>(
    `SELECT g.name AS "groupName", t.expected, t.uses, t.uses_max AS "usesMax",
            t.created_by AS "createdBy", t.created_at_ms AS "createdAtMs",
            t.expires_at_ms AS "expiresAtMs"
       FROM enrol_tokens t JOIN resource_groups g ON g.id = t.group_id
      WHERE t.uses < t.uses_max AND ($1::bigint IS NULL OR t.group_id = $1)
      ORDER BY t.created_at_ms DESC, t.token_hash
      LIMIT $2`,
    [groupId, limit],
  )
}
