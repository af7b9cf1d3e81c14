import type { Database } from '../database.ts'

export type JobDeletion =
  | { readonly outcome: 'deleted' | 'notFound' }
  | { readonly outcome: 'runUnfinished'; readonly runId: number }

/**
 * Deletes a job with everything that is the job's: versions, runs, ledger and the memory of the ranges
 * that it has committed. A job made again under the name starts from nothing.
 */
export function deleteJob(db: Database, name: string): Promise<JobDeletion> {
  return db.transaction(async (tx) => {
    // Locked first: a run that starts now waits, and is refused after the deletion.
    const [job] = await tx.query<{ id: number }>('SELECT id FROM jobs WHERE name = $1 FOR UPDATE', [
      name,
    ])
    if (job === undefined) return { outcome: 'notFound' }
    const [run] = await tx.query<{ id: number }>(
      `SELECT id FROM runs
        WHERE job_id = $1 AND state NOT IN ('succeeded', 'failed', 'killed')`,
      [job.id],
    )
    if (run !== undefined) return { outcome: 'runUnfinished', runId: run.id }
    await tx.query('DELETE FROM jobs WHERE id = $1', [job.id])
    return { outcome: 'deleted' }
  })
}
