import type { Database } from './database.ts'

/** Whether anything in the store was sealed with the secret key. */
export async function hasSecrets(db: Database): Promise<boolean> {
  const rows = await db.query<{ found: boolean }>(
    'SELECT EXISTS (SELECT FROM datasources) OR EXISTS (SELECT FROM job_versions) AS found',
  )
  return rows[0]!.found
}
