import type { Database } from '../database.ts'
import { jsonParamOrNull } from '../json-param.ts'

export interface SliceChange {
  readonly runId: number
  readonly sliceNo: number
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
  readonly atMs: number
}

export async function saveSlice(db: Database, slice: SliceChange): Promise<void> {
  await db.query(
    `UPDATE slices
        SET state = $3, attempt = $4, retries = $5, lost_in_a_row = $6, retry_at_ms = $7,
            agent_id = $8, rows = $9, bytes_read = $10, bytes_sent = $11, dirty_records = $12,
            error = $13::jsonb,
            started_at_ms = CASE WHEN $3 = 'assigned' THEN $14 ELSE started_at_ms END,
            finished_at_ms = CASE WHEN $3 IN ('staged', 'failed') THEN $14 ELSE NULL END
      WHERE run_id = $1 AND slice_no = $2`,
    [
      slice.runId,
      slice.sliceNo,
      slice.state,
      slice.attempt,
      slice.retries,
      slice.lostInARow,
      slice.retryAtMs,
      slice.agentId,
      slice.rows,
      slice.bytesRead,
      slice.bytesSent,
      slice.dirtyRecords,
      jsonParamOrNull(slice.error),
      slice.atMs,
    ],
  )
}
