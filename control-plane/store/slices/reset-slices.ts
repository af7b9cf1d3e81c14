import type { Database } from '../database.ts'

/** Every slice of the run is pending again: its upload session is lost (I6). Attempts keep growing. */
export async function resetSlices(db: Database, runId: number, atMs: number): Promise<void> {
  await db.query(
    `UPDATE slices
        SET state = 'pending', retry_at_ms = $2, agent_id = NULL, rows = 0, bytes_read = 0,
            bytes_sent = 0, dirty_records = 0, lost_in_a_row = 0, error = NULL,
            finished_at_ms = NULL
      WHERE run_id = $1`,
    [runId, atMs],
  )
}
