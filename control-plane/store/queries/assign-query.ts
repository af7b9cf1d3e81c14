import type { Database } from '../database.ts'

/** Gives an unfinished query to an agent, as its next attempt; null: it is over or unknown. */
export async function assignQuery(
  db: Database,
  queryId: string,
  agentId: string,
): Promise<{ readonly attempt: number } | null> {
  const [row] = await db.query<{ attempt: number }>(
    `UPDATE queries SET state = 'assigned', attempt = attempt + 1, agent_id = $2
      WHERE id = $1 AND state IN ('pending', 'assigned')
      RETURNING attempt`,
    [queryId, agentId],
  )
  return row ?? null
}
