import type { Database } from '../database.ts'

/** Minutes deleted by one statement: short enough that nothing else waits long for the store. */
export const OLD_AGENT_SAMPLES_PER_DELETE = 500

/** Deletes the oldest minutes from before the given time; returns how many. */
export async function deleteOldAgentSamples(db: Database, beforeMs: number): Promise<number> {
  const rows = await db.query<{ deleted: number }>(
    `WITH old AS (
       SELECT agent_id, at_ms FROM agent_samples WHERE at_ms < $1 ORDER BY at_ms LIMIT $2),
     gone AS (
       DELETE FROM agent_samples s USING old
        WHERE s.agent_id = old.agent_id AND s.at_ms = old.at_ms
       RETURNING s.at_ms)
     SELECT count(*) AS deleted FROM gone`,
    [beforeMs, OLD_AGENT_SAMPLES_PER_DELETE],
  )
  return rows[0]!.deleted
}
