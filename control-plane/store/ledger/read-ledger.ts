import type { Database } from '../database.ts'

export interface LedgerRow {
  readonly topicPartition: number
  readonly nextOffset: number
  /** '' where the broker has none. */
  readonly topicId: string
}

/** Where the job's next run of this topic starts. */
export async function readLedger(db: Database, jobId: number, topic: string): Promise<LedgerRow[]> {
  return db.query<LedgerRow>(
    `SELECT topic_partition AS "topicPartition", next_offset AS "nextOffset", topic_id AS "topicId"
       FROM ledger
      WHERE job_id = $1 AND topic = $2
      ORDER BY topic_partition`,
    [jobId, topic],
  )
}
