import type { Database } from '../database.ts'

export interface EnrolTokenRow {
  readonly groupName: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly usedAtMs: number | null
  readonly uses: number
  readonly usesMax: number
}

/** To say why a token was refused, or that it is good. */
export async function findEnrolToken(
  db: Database,
  tokenHash: string,
): Promise<EnrolTokenRow | null> {
  const [row] = await db.query<EnrolTokenRow>(
    `SELECT g.name AS "groupName", t.created_at_ms AS "createdAtMs",
            t.expires_at_ms AS "expiresAtMs", t.used_at_ms AS "usedAtMs", t.uses,
            t.uses_max AS "usesMax"
       FROM enrol_tokens t JOIN resource_groups g ON g.id = t.group_id
      WHERE t.token_hash = $1`,
    [tokenHash],
  )
  return row ?? null
}
