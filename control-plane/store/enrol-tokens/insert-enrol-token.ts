import type { Database } from '../database.ts'

export interface NewEnrolToken {
  /** SHA-256 (hex). */
  readonly tokenHash: string
  readonly groupId: number
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export async function insertEnrolToken(db: Database, token: NewEnrolToken): Promise<void> {
  await db.query(
    `INSERT INTO enrol_tokens (token_hash, group_id, created_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4)`,
    [token.tokenHash, token.groupId, token.createdAtMs, token.expiresAtMs],
  )
}
