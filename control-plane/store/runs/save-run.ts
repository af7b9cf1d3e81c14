import type { Database } from '../database.ts'
import { jsonParamOrNull } from '../json-param.ts'

/** Everything of a run that changes while it lives. */
export interface RunChange {
  readonly id: number
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
  /** null: as it is. */
  readonly plan: unknown
  /** null: as it is. */
  readonly session: unknown
  readonly rows: number
  readonly bytesRead: number
  readonly dirtyRecords: number
  readonly error: unknown
  readonly evidence: unknown
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

export async function saveRun(db: Database, run: RunChange): Promise<void> {
  await db.query(
    `UPDATE runs
        SET state = $2, phase = $3, step = $4, step_attempt = $5, step_agent_id = $6,
            step_accepted = $7, step_retries = $8, step_retry_at_ms = $9, committing_since_ms = $10,
            sessions_opened = $11, upload_id = $12, plan = COALESCE($13::jsonb, plan),
            session = COALESCE($14::jsonb, session),
            rows = $15, bytes_read = $16, dirty_records = $17, error = $18::jsonb,
            evidence = $19::jsonb, started_at_ms = $20, finished_at_ms = $21
      WHERE id = $1`,
    [
      run.id,
      run.state,
      run.phase,
      run.step,
      run.stepAttempt,
      run.stepAgentId,
      run.stepAccepted,
      run.stepRetries,
      run.stepRetryAtMs,
      run.committingSinceMs,
      run.sessionsOpened,
      run.uploadId,
      jsonParamOrNull(run.plan),
      jsonParamOrNull(run.session),
      run.rows,
      run.bytesRead,
      run.dirtyRecords,
      jsonParamOrNull(run.error),
      jsonParamOrNull(run.evidence),
      run.startedAtMs,
      run.finishedAtMs,
    ],
  )
}
