import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface LedgerAdvance {
  readonly jobId: number
  readonly runId: number
  readonly topic: string
  readonly topicId: string
  readonly ends: readonly { readonly topicPartition: number; readonly nextOffset: number }[]
  /**
   * An end below the ledger's own, of the same topic id, leaves it where it is: what was appended
   * between the two would otherwise be read again.
   */
  readonly onlyForward: boolean
}

/**
 * Part of the transaction that says COMMITTED (I5); see run/commit.ts. Rows of an earlier topic of that
 * name go, also of topic partitions that the run did not read: their offsets mean nothing in this one.
 */
export async function advanceLedger(db: Database, advance: LedgerAdvance): Promise<void> {
  await db.query(
    `DELETE FROM ledger
      WHERE job_id = $1 AND topic = $2 AND topic_id <> $3 AND topic_id <> '' AND $3 <> ''`,
    [advance.jobId, advance.topic, advance.topicId],
  )
  await db.query(
    `INSERT INTO ledger (job_id, topic, topic_id, topic_partition, next_offset, run_id)
     SELECT $1, $2, $3, e."topicPartition", e."nextOffset", $4
       FROM jsonb_to_recordset($5::jsonb) AS e("topicPartition" integer, "nextOffset" bigint)
         ON CONFLICT (job_id, topic, topic_partition)
         DO UPDATE SET topic_id = excluded.topic_id, next_offset = excluded.next_offset,
                       run_id = excluded.run_id
             WHERE NOT $6 OR ledger.topic_id = '' OR ledger.topic_id <> excluded.topic_id
                OR ledger.next_offset < excluded.next_offset`,
    [
      advance.jobId,
      advance.topic,
      advance.topicId,
      advance.runId,
      jsonParam(advance.ends),
      advance.onlyForward,
    ],
  )
}
