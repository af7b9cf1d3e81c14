import type { Database } from '../database.ts'

/** An overwriting run replaced all that the job had appended to this target. */
export async function forgetTarget(db: Database, jobId: number, target: string): Promise<void> {
  await db.query(`DELETE FROM committed_ranges WHERE job_id = $1 AND target = $2`, [jobId, target])
}
