import type { Database } from '../database.ts'

/** Lines deleted by one statement: the caller repeats until fewer are gone. */
export const OLD_LOG_LINES_PER_DELETE = 10_000

/** Deletes the oldest lines from before the given time; returns how many. */
export async function deleteOldLogLines(db: Database, beforeMs: number): Promise<number> {
  const rows = await db.query<{ deleted: number }>(
    `WITH gone AS (
       DELETE FROM log_lines
        WHERE id IN (SELECT id FROM log_lines WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)
       RETURNING id)
     SELECT count(*) AS deleted FROM gone`,
    [beforeMs, OLD_LOG_LINES_PER_DELETE],
  )
  return rows[0]!.deleted
}
