import type { Database } from '../database.ts'

/** Tokens that expired before the given time, used or not. */
export async function deleteExpiredEnrolTokens(db: Database, beforeMs: number): Promise<void> {
  await db.query('DELETE FROM enrol_tokens WHERE expires_at_ms < $1', [beforeMs])
}
