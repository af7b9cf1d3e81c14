import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface NewSlice {
  readonly sliceNo: number
  readonly ranges: unknown
  readonly estimatedBytes: number
}

/** All slices of a run, pending, in one statement. */
export async function insertSlices(
  db: Database,
  runId: number,
  slices: readonly NewSlice[],
): Promise<void> {
  await db.query(
    `INSERT INTO slices (run_id, slice_no, ranges, estimated_bytes, state)
     SELECT $1, s."sliceNo", s.ranges, s."estimatedBytes", 'pending'
       FROM jsonb_to_recordset($2::jsonb) AS s("sliceNo" integer, ranges jsonb, "estimatedBytes" bigint)`,
    [runId, jsonParam(slices)],
  )
}
