import type { Database } from '../database.ts'

export interface RunFilter {
  readonly jobName: string | null
  readonly groupName: string | null
  /** Empty: any. */
  readonly states: readonly string[]
  /** Only runs with a smaller id: the next page. */
  readonly beforeId: number | null
  readonly limit: number
}

/** A run in a list: without plan, session, sources and evidence, which may be large. */
export interface RunListRow {
  readonly id: number
  readonly jobId: number
  readonly jobName: string
  readonly jobVersion: number
  readonly groupId: number
  readonly groupName: string
  readonly priority: number
  readonly owner: string
  readonly params: Record<string, string>
  readonly cycTimeMs: number
  readonly state: string
  readonly phase: string
  readonly rows: number
  readonly bytesRead: number
  readonly dirtyRecords: number
  readonly error: unknown
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

/** Newest first. */
export function listRuns(db: Database, filter: RunFilter): Promise<RunListRow[]> {
  return db.query<RunListRow>(
    `SELECT r.id, r.job_id AS "jobId", j.name AS "jobName", r.job_version AS "jobVersion",
            r.group_id AS "groupId", g.name AS "groupName", r.priority, r.owner, r.params, r.cyc_time_ms AS "cycTimeMs",
            r.state, r.phase, r.rows, r.bytes_read AS "bytesRead",
            r.dirty_records AS "dirtyRecords", r.error, r.created_at_ms AS "createdAtMs",
            r.started_at_ms AS "startedAtMs", r.finished_at_ms AS "finishedAtMs"
       FROM runs r
       JOIN jobs j ON j.id = r.job_id
       JOIN resource_groups g ON g.id = r.group_id
      WHERE ($1::text IS NULL OR j.name = $1)
        AND ($2::text IS NULL OR g.name = $2)
        AND ($3::text[] = '{}' OR r.state = ANY ($3::text[]))
        AND ($4::bigint IS NULL OR r.id < $4)
      ORDER BY r.id DESC
      LIMIT $5`,
    [filter.jobName, filter.groupName, filter.states, filter.beforeId, filter.limit],
  )
}
