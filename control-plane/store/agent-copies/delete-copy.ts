import type { Database } from '../database.ts'

/** The copy has become the agent. */
export async function deleteCopy(db: Database, copyId: number): Promise<void> {
  await db.query('DELETE FROM agent_copies WHERE id = $1', [copyId])
}
