import type { Database } from '../database.ts'
import { jsonParamOrNull } from '../json-param.ts'

/** A run that nobody can go on with: over, or (state `held`) a person's to decide. No step is left of it. */
export async function endUnreadableRun(
  db: Database,
  run: {
    readonly id: number
    readonly state: 'failed' | 'held' | 'succeeded'
    readonly error: unknown
    readonly evidence: unknown
    readonly finishedAtMs: number | null
  },
): Promise<void> {
  await db.query(
    `UPDATE runs
        SET state = $2, phase = '', step = '', step_agent_id = NULL, step_accepted = false,
            committing_since_ms = NULL, error = $3::jsonb, evidence = $4::jsonb,
            finished_at_ms = COALESCE(finished_at_ms, $5)
      WHERE id = $1`,
    [
      run.id,
      run.state,
      jsonParamOrNull(run.error),
      jsonParamOrNull(run.evidence),
      run.finishedAtMs,
    ],
  )
}
