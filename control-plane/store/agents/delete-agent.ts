import type { Database } from '../database.ts'

/**
 * Deletes an agent that can hold no work: one that was never online, is offline, drained or revoked.
 * False: there is no such agent, or its state forbids it. Its runs and log lines keep its id.
 */
export async function deleteAgent(db: Database, agentId: string): Promise<boolean> {
  const rows = await db.query(
    `DELETE FROM agents
      WHERE id = $1 AND state IN ('enrolled', 'offline', 'drained', 'quarantined', 'revoked')
      RETURNING id`,
    [agentId],
  )
  return rows.length === 1
}
