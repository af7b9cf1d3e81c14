import type { Database } from '../database.ts'

export interface JobListRow {
  readonly id: number
  readonly name: string
  readonly version: number
  readonly groupName: string | null
  readonly datasourceNames: readonly string[]
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** All four null: the job was never run. */
  readonly lastRunId: number | null
  readonly lastRunState: string | null
  readonly lastRunCreatedAtMs: number | null
  readonly lastRunFinishedAtMs: number | null
}

/** By name, each with its newest run. */
export function listJobs(db: Database): Promise<JobListRow[]> {
  return db.query<JobListRow>(
    `SELECT j.id, j.name, j.version, v.group_name AS "groupName",
            v.datasource_names AS "datasourceNames", j.created_at_ms AS "createdAtMs",
            j.updated_at_ms AS "updatedAtMs", r.id AS "lastRunId", r.state AS "lastRunState",
            r.created_at_ms AS "lastRunCreatedAtMs", r.finished_at_ms AS "lastRunFinishedAtMs"
       FROM jobs j
       JOIN job_versions v ON v.job_id = j.id AND v.version = j.version
       LEFT JOIN LATERAL (SELECT id, state, created_at_ms, finished_at_ms
                            FROM runs
                           WHERE job_id = j.id
                           ORDER BY id DESC
                           LIMIT 1) r ON true
      ORDER BY j.name`,
  )
}
