import type { Database } from '../database.ts'

/** False: no such agent. CONFLICT on `agents_name_key` when the name is taken. */
export async function renameAgent(db: Database, agentId: string, name: string): Promise<boolean> {
  const rows = await db.query('UPDATE agents SET name = $2 WHERE id = $1 RETURNING id', [
    agentId,
    name,
  ])
  return rows.length === 1
}
