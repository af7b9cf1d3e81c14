import type { Database } from '../database.ts'

export interface SliceRow {
  readonly sliceNo: number
  readonly ranges: unknown
  readonly state: string
  readonly attempt: number
  readonly retries: number
  readonly lostInARow: number
  readonly retryAtMs: number
  readonly agentId: string | null
  readonly rows: number
  readonly bytesRead: number
  readonly bytesSent: number
  readonly dirtyRecords: number
  readonly error: unknown
}

/** All slices of one run, by number (at most 20,000). */
export async function loadSlices(db: Database, runId: number): Promise<SliceRow[]> {
  return db.query<SliceRow>(
    `SELECT slice_no AS "sliceNo", ranges, state, attempt, retries, lost_in_a_row AS "lostInARow",
            retry_at_ms AS "retryAtMs", agent_id AS "agentId", rows, bytes_read AS "bytesRead",
            bytes_sent AS "bytesSent", dirty_records AS "dirtyRecords", error
       FROM slices
      WHERE run_id = $1
      ORDER BY slice_no`,
    [runId],
  )
}
