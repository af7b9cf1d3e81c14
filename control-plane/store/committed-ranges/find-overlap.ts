import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface OverlapQuery {
  readonly jobId: number
  readonly topic: string
  readonly topicId: string
  readonly ranges: readonly {
    readonly topicPartition: number
    readonly startOffset: number
    readonly endOffset: number
  }[]
}

export interface Overlap {
  readonly runId: number
  readonly target: string
  readonly topicPartition: number
  readonly startOffset: number
  readonly endOffset: number
}

/**
 * The earliest run of the job that has committed a part of these ranges (I8), or null. A topic without
 * an id (brokers before 2.8) may be any: after an upgrade of the brokers it is the same one with an id.
 */
export async function findOverlap(db: Database, query: OverlapQuery): Promise<Overlap | null> {
  const rows = await db.query<Overlap>(
    `SELECT c.run_id AS "runId", c.target, c.topic_partition AS "topicPartition",
            c.start_offset AS "startOffset", c.end_offset AS "endOffset"
       FROM jsonb_to_recordset($4::jsonb)
              AS r("topicPartition" integer, "startOffset" bigint, "endOffset" bigint)
       JOIN committed_ranges c
         ON c.job_id = $1 AND c.topic = $2 AND (c.topic_id = $3 OR c.topic_id = '' OR $3 = '')
        AND c.topic_partition = r."topicPartition"
        AND c.start_offset < r."endOffset" AND r."startOffset" < c.end_offset
      ORDER BY c.run_id, c.topic_partition, c.start_offset
      LIMIT 1`,
    [query.jobId, query.topic, query.topicId, jsonParam(query.ranges)],
  )
  return rows[0] ?? null
}
