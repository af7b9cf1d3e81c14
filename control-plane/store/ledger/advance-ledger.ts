import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface LedgerAdvance {
  readonly jobId: number
  readonly runId: number
  readonly topic: string
  readonly topicId: string
  readonly ends: readonly { readonly topicPartition: number; readonly nextOffset: number }[]
}

/** Part of the transaction that says COMMITTED (I5); see run/commit.ts. */
export async function advanceLedger(db: Database, advance: LedgerAdvance): Promise<void> {
  await db.query(
    `INSERT INTO ledger (job_id, topic, topic_id, topic_partition, next_offset, run_id)
     SELECT $1, $2, $3, e."topicPartition", e."nextOffset", $4
       FROM jsonb_to_recordset($5::jsonb) AS e("topicPartition" integer, "nextOffset" bigint)
         ON CONFLICT (job_id, topic, topic_partition)
         DO UPDATE SET topic_id = excluded.topic_id, next_offset = excluded.next_offset,
                       run_id = excluded.run_id`,
    [advance.jobId, advance.topic, advance.topicId, advance.runId, jsonParam(advance.ends)],
  )
}
