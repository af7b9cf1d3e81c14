import type { Database } from '../database.ts'
import { storableText } from '../json-param.ts'

export interface NewDirtyRecord {
  readonly topic: string
  readonly topicPartition: number
  readonly offset: number
  readonly columnName: string
  readonly reason: string
  readonly rawValue: Uint8Array
  /** The value was longer than what is kept. */
  readonly rawCut: boolean
}

/** The dirty records of a slice are those of its attempt that counts: each attempt replaces them all. */
export function replaceDirtyRecords(
  db: Database,
  runId: number,
  sliceNo: number,
  records: readonly NewDirtyRecord[],
): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.query('DELETE FROM dirty_records WHERE run_id = $1 AND slice_no = $2', [
      runId,
      sliceNo,
    ])
    if (records.length === 0) return
    await tx.query(
      `INSERT INTO dirty_records (run_id, slice_no, seq, topic, topic_partition, record_offset,
                                  column_name, reason, raw_value, raw_cut)
       SELECT $1, $2, position - 1, topic, topic_partition, record_offset, column_name, reason,
              raw_value, raw_cut
         FROM unnest($3::text[], $4::integer[], $5::bigint[], $6::text[], $7::text[], $8::bytea[],
                     $9::boolean[])
              WITH ORDINALITY AS t (topic, topic_partition, record_offset, column_name, reason,
                                    raw_value, raw_cut, position)`,
      [
        runId,
        sliceNo,
        records.map((record) => record.topic),
        records.map((record) => record.topicPartition),
        records.map((record) => record.offset),
        records.map((record) => storableText(record.columnName)),
        records.map((record) => storableText(record.reason)),
        records.map((record) => record.rawValue),
        records.map((record) => record.rawCut),
      ],
    )
  })
}
