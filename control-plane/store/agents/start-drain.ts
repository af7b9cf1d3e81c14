import type { Database } from '../database.ts'

/** The agent drains, and has until then. Again: it has until the new time. Revoked agents stay so. */
export async function startDrain(
  db: Database,
  agentId: string,
  drainUntilMs: number,
): Promise<void> {
  await db.query(
    `UPDATE agents SET state = 'draining', drain_until_ms = $2
      WHERE id = $1 AND state <> 'revoked'`,
    [agentId, drainUntilMs],
  )
}
