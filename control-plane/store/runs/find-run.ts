import type { Database } from '../database.ts'

/** A run with everything that is stored of it. */
export interface RunRow {
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
  readonly step: string
  readonly stepAttempt: number
  readonly stepAgentId: string | null
  readonly stepAccepted: boolean
  readonly stepRetries: number
  readonly stepRetryAtMs: number
  readonly committingSinceMs: number | null
  readonly sessionsOpened: number
  readonly uploadId: string | null
  readonly sources: unknown
  readonly plan: unknown
  readonly session: unknown
  readonly rows: number
  readonly bytesRead: number
  readonly dirtyRecords: number
  readonly error: unknown
  readonly evidence: unknown
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

export async function findRun(db: Database, id: number): Promise<RunRow | null> {
  const [row] = await db.query<RunRow>(
    `SELECT r.id, r.job_id AS "jobId", j.name AS "jobName", r.job_version AS "jobVersion",
            r.group_id AS "groupId", g.name AS "groupName", r.priority, r.owner, r.params, r.cyc_time_ms AS "cycTimeMs",
            r.state, r.phase, r.step, r.step_attempt AS "stepAttempt",
            r.step_agent_id AS "stepAgentId", r.step_accepted AS "stepAccepted",
            r.step_retries AS "stepRetries", r.step_retry_at_ms AS "stepRetryAtMs",
            r.committing_since_ms AS "committingSinceMs", r.sessions_opened AS "sessionsOpened",
            r.upload_id AS "uploadId", r.sources, r.plan, r.session, r.rows,
            r.bytes_read AS "bytesRead", r.dirty_records AS "dirtyRecords", r.error, r.evidence,
            r.created_at_ms AS "createdAtMs", r.started_at_ms AS "startedAtMs",
            r.finished_at_ms AS "finishedAtMs"
       FROM runs r
       JOIN jobs j ON j.id = r.job_id
       JOIN resource_groups g ON g.id = r.group_id
      WHERE r.id = $1`,
    [id],
  )
  return row ?? null
}
