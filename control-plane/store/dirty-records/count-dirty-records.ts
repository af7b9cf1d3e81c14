import type { Database } from '../database.ts'

/** The records that are kept; the slices' own counters also count those beyond what is kept. */
export async function countDirtyRecords(db: Database, runId: number): Promise<number> {
  const rows = await db.query<{ records: number }>(
    'SELECT count(*) AS records FROM dirty_records WHERE run_id = $1',
    [runId],
  )
  return rows[0]!.records
}
