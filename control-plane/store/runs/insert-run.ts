import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface NewRun {
  readonly jobId: number
  readonly jobVersion: number
  readonly groupId: number
  readonly params: Readonly<Record<string, string>>
  readonly cycTimeMs: number
  /** Public connection settings of reader and writer, as the run will use them to its end. */
  readonly sources: unknown
  readonly createdAtMs: number
  /** 1 to 8. */
  readonly priority: number
  /** Name of the API token that started it. */
  readonly owner: string
}

/** A waiting run. CONFLICT on `runs_one_unfinished_per_job` while another one is unfinished (I8). */
export async function insertRun(db: Database, run: NewRun): Promise<number> {
  const rows = await db.query<{ id: number }>(
    `INSERT INTO runs (job_id, job_version, group_id, params, cyc_time_ms, sources, state, created_at_ms,
                       priority, owner)
     VALUES ($1, $2, $3, $4::jsonb, $5, $6::jsonb, 'waiting', $7, $8, $9)
     RETURNING id`,
    [
      run.jobId,
      run.jobVersion,
      run.groupId,
      jsonParam(run.params),
      run.cycTimeMs,
      jsonParam(run.sources),
      run.createdAtMs,
      run.priority,
      run.owner,
    ],
  )
  return rows[0]!.id
}
