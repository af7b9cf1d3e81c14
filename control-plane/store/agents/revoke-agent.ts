import type { Database } from '../database.ts'

/** For good; the running session is fenced by a new epoch. False: no such agent. */
export async function revokeAgent(db: Database, agentId: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE agents SET state = 'revoked', session_epoch = session_epoch + 1, lease_until_ms = 0
      WHERE id = $1
      RETURNING id`,
    [agentId],
  )
  return rows.length === 1
}
