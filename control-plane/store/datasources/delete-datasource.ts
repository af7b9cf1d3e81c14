import type { Database } from '../database.ts'

export type DatasourceDeletion =
  | { readonly outcome: 'deleted' | 'notFound' }
  /** Jobs that name it: in their current version, or in that of an unfinished run. */
  | { readonly outcome: 'inUse'; readonly jobs: readonly string[] }

/** Deletes a data source that no job uses. */
export function deleteDatasource(db: Database, name: string): Promise<DatasourceDeletion> {
  return db.transaction(async (tx) => {
    const [datasource] = await tx.query<{ id: number }>(
      'SELECT id FROM datasources WHERE name = $1 FOR UPDATE',
      [name],
    )
    if (datasource === undefined) return { outcome: 'notFound' }
    const jobs = await tx.query<{ name: string }>(
      `SELECT DISTINCT j.name
         FROM jobs j JOIN job_versions v ON v.job_id = j.id
        WHERE $1 = ANY (v.datasource_names)
          AND (v.version = j.version
               OR EXISTS (SELECT FROM runs r
                           WHERE r.job_id = j.id AND r.job_version = v.version
                             AND r.state NOT IN ('succeeded', 'failed', 'killed')))
        ORDER BY j.name`,
      [name],
    )
    if (jobs.length > 0) return { outcome: 'inUse', jobs: jobs.map((job) => job.name) }
    await tx.query('DELETE FROM datasources WHERE id = $1', [datasource.id])
    return { outcome: 'deleted' }
  })
}
