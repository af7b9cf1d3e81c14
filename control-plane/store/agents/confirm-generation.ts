import type { Database } from '../database.ts'

/** The agent has it on its disk. False: the session is not the agent's any more; nothing was written. */
export async function confirmGeneration(
  db: Database,
  at: { readonly agentId: string; readonly sessionEpoch: number; readonly generation: number },
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE agents SET generation = $3
      WHERE id = $1 AND session_epoch = $2 AND state <> 'revoked'
      RETURNING id`,
    [at.agentId, at.sessionEpoch, at.generation],
  )
  return rows.length === 1
}
