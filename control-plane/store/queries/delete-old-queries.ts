import type { Database } from '../database.ts'

/** Results are kept for a short time: deletes queries that were over before the given one. */
export async function deleteOldQueries(db: Database, finishedBeforeMs: number): Promise<void> {
  await db.query('DELETE FROM queries WHERE finished_at_ms < $1', [finishedBeforeMs])
}
