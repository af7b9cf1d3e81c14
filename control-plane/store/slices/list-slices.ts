import type { Database } from '../database.ts'

export interface SliceListRow {
  readonly runId: number
  readonly sliceNo: number
  readonly ranges: unknown
  readonly estimatedBytes: number
  readonly state: string
  readonly attempt: number
  readonly retries: number
  readonly retryAtMs: number
  readonly agentId: string | null
  /** Null also when the agent was deleted since. */
  readonly agentName: string | null
  readonly rows: number
  readonly bytesRead: number
  readonly bytesSent: number
  readonly dirtyRecords: number
  readonly error: unknown
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

/** A run's slices by number (20,000 at most), of one state or (null) of all. */
export function listSlices(
  db: Database,
  runId: number,
  state: string | null,
): Promise<SliceListRow[]> {
  return db.query<SliceListRow>(
    `SELECT s.run_id AS "runId", s.slice_no AS "sliceNo", s.ranges,
            s.estimated_bytes AS "estimatedBytes", s.state, s.attempt, s.retries,
            s.retry_at_ms AS "retryAtMs", s.agent_id AS "agentId", a.name AS "agentName", s.rows,
            s.bytes_read AS "bytesRead", s.bytes_sent AS "bytesSent",
            s.dirty_records AS "dirtyRecords", s.error, s.started_at_ms AS "startedAtMs",
            s.finished_at_ms AS "finishedAtMs"
       FROM slices s LEFT JOIN agents a ON a.id = s.agent_id
      WHERE s.run_id = $1 AND ($2::text IS NULL OR s.state = $2)
      ORDER BY s.slice_no`,
    [runId, state],
  )
}
