import { type Database, StoreError } from '../database.ts'
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

/**
 * Slices of any runs, each at most once, in one statement. Attempt numbers only grow (S1 of
 * run/slice-state.ts): a row whose number is higher already, or that is gone, is a broken promise of
 * the caller, and nothing is saved.
 */
export async function saveSlices(db: Database, slices: readonly SliceChange[]): Promise<void> {
  if (slices.length === 0) return
  const [saved] = await db.query<{ count: number }>(
    `WITH saved AS (
       UPDATE slices s
          SET state = c.state, attempt = c.attempt, retries = c.retries,
              lost_in_a_row = c.lost_in_a_row, retry_at_ms = c.retry_at_ms, agent_id = c.agent_id,
              rows = c.rows, bytes_read = c.bytes_read, bytes_sent = c.bytes_sent,
              dirty_records = c.dirty_records, error = c.error,
              started_at_ms = CASE WHEN c.state = 'assigned' THEN c.at_ms ELSE s.started_at_ms END,
              finished_at_ms = CASE WHEN c.state IN ('staged', 'failed') THEN c.at_ms ELSE NULL END
         FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::integer[], $5::integer[],
                     $6::integer[], $7::bigint[], $8::uuid[], $9::bigint[], $10::bigint[],
                     $11::bigint[], $12::bigint[], $13::jsonb[], $14::bigint[])
              AS c (run_id, slice_no, state, attempt, retries, lost_in_a_row, retry_at_ms, agent_id,
                    rows, bytes_read, bytes_sent, dirty_records, error, at_ms)
        WHERE s.run_id = c.run_id AND s.slice_no = c.slice_no AND s.attempt <= c.attempt
       RETURNING 1)
     SELECT count(*) AS count FROM saved`,
    [
      slices.map((slice) => slice.runId),
      slices.map((slice) => slice.sliceNo),
      slices.map((slice) => slice.state),
      slices.map((slice) => slice.attempt),
      slices.map((slice) => slice.retries),
      slices.map((slice) => slice.lostInARow),
      slices.map((slice) => slice.retryAtMs),
      slices.map((slice) => slice.agentId),
      slices.map((slice) => slice.rows),
      slices.map((slice) => slice.bytesRead),
      slices.map((slice) => slice.bytesSent),
      slices.map((slice) => slice.dirtyRecords),
      slices.map((slice) => jsonParamOrNull(slice.error)),
      slices.map((slice) => slice.atMs),
    ],
  )
  if (saved?.count === slices.length) return
  throw new StoreError(
    'FAILED',
    `${slices.length} slices were to be saved, but ${saved?.count ?? 0} rows take the change: ` +
      'a slice is gone, or has a newer attempt',
  )
}
