import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface CommittedRanges {
  readonly runId: number
  readonly jobId: number
  readonly target: string
  readonly topic: string
  readonly topicId: string
  readonly ranges: readonly {
    readonly topicPartition: number
    readonly startOffset: number
    readonly endOffset: number
  }[]
}

/** Part of the transaction that says COMMITTED (I5); see run/commit.ts. */
export async function insertCommittedRanges(
  db: Database,
  committed: CommittedRanges,
): Promise<void> {
  await db.query(
    `INSERT INTO committed_ranges
            (run_id, job_id, target, topic, topic_id, topic_partition, start_offset, end_offset)
     SELECT $1, $2, $3, $4, $5, r."topicPartition", r."startOffset", r."endOffset"
       FROM jsonb_to_recordset($6::jsonb)
              AS r("topicPartition" integer, "startOffset" bigint, "endOffset" bigint)`,
    [
      committed.runId,
      committed.jobId,
      committed.target,
      committed.topic,
      committed.topicId,
      jsonParam(committed.ranges),
    ],
  )
}
