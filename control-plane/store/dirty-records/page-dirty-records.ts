import type { Database } from '../database.ts'

export interface DirtyRecordPage {
  readonly runId: number
  /** The last record of the page before; null: from the first one. */
  readonly after: { readonly sliceNo: number; readonly seq: number } | null
  readonly limit: number
}

export interface DirtyRecordRow {
  readonly sliceNo: number
  /** Within the slice. */
  readonly seq: number
  readonly topic: string
  readonly topicPartition: number
  readonly offset: number
  readonly columnName: string
  readonly reason: string
  readonly rawValue: Uint8Array
  readonly rawCut: boolean
}

/** By slice, and in a slice as the agent found them. */
export function pageDirtyRecords(db: Database, page: DirtyRecordPage): Promise<DirtyRecordRow[]> {
  return db.query<DirtyRecordRow>(
    `SELECT slice_no AS "sliceNo", seq, topic, topic_partition AS "topicPartition",
            record_offset AS "offset", column_name AS "columnName", reason,
            raw_value AS "rawValue", raw_cut AS "rawCut"
       FROM dirty_records
      WHERE run_id = $1 AND (slice_no, seq) > ($2::integer, $3::integer)
      ORDER BY slice_no, seq
      LIMIT $4`,
    [page.runId, page.after?.sliceNo ?? -1, page.after?.seq ?? -1, page.limit],
  )
}
