import type { Database } from './database.ts'

/** Resolves when the database answers; throws StoreError when it does not. */
export async function pingStore(db: Database): Promise<void> {
  await db.query('SELECT 1 AS one')
}
