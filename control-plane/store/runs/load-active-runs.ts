import type { Database } from '../database.ts'

/** What the coordinator needs of a run to go on with it. */
export interface ActiveRunRow {
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
  readonly sources: unknown
  readonly plan: unknown
  readonly session: unknown
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
  readonly error: unknown
  readonly evidence: unknown
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

/** One run, or (id null) every run that is not over or still owes the group its offsets. */
export async function loadActiveRuns(db: Database, id: number | null): Promise<ActiveRunRow[]> {
  return db.query<ActiveRunRow>(
    `SELECT r.id, r.job_id AS "jobId", j.name AS "jobName", r.job_version AS "jobVersion",
            r.group_id AS "groupId", g.name AS "groupName", r.priority, r.owner, r.params, r.cyc_time_ms AS "cycTimeMs",
            r.sources, r.plan, r.session, r.state, r.phase, r.step,
            r.step_attempt AS "stepAttempt", r.step_agent_id AS "stepAgentId",
            r.step_accepted AS "stepAccepted", r.step_retries AS "stepRetries",
            r.step_retry_at_ms AS "stepRetryAtMs", r.committing_since_ms AS "committingSinceMs",
            r.sessions_opened AS "sessionsOpened", r.upload_id AS "uploadId", r.error, r.evidence,
            r.created_at_ms AS "createdAtMs", r.started_at_ms AS "startedAtMs",
            r.finished_at_ms AS "finishedAtMs"
       FROM runs r
       JOIN jobs j ON j.id = r.job_id
       JOIN resource_groups g ON g.id = r.group_id
      WHERE ($1::bigint IS NULL OR r.id = $1)
        AND (r.state IN ('waiting', 'planning', 'running', 'committing', 'held')
             OR (r.state = 'succeeded' AND r.step = 'publish'))
      ORDER BY r.id`,
    [id],
  )
}
