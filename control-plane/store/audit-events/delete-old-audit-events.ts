import type { Database } from '../database.ts'

/** Events deleted by one statement: the caller repeats until fewer are gone. */
export const OLD_AUDIT_EVENTS_PER_DELETE = 10_000

/** Deletes the oldest events from before the given time; returns how many. */
export async function deleteOldAuditEvents(db: Database, beforeMs: number): Promise<number> {
  const rows = await db.query<{ deleted: number }>(
    `WITH gone AS (
       DELETE FROM audit_events
        WHERE id IN (SELECT id FROM audit_events WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)
       RETURNING id)
     SELECT count(*) AS deleted FROM gone`,
    [beforeMs, OLD_AUDIT_EVENTS_PER_DELETE],
  )
  return rows[0]!.deleted
}
