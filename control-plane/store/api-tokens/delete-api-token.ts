import type { Database } from '../database.ts'

/** False: no token of that name. */
export async function deleteApiToken(db: Database, name: string): Promise<boolean> {
  const rows = await db.query('DELETE FROM api_tokens WHERE name = $1 RETURNING name', [name])
  return rows.length === 1
}
