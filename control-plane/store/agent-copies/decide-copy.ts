import type { Database } from '../database.ts'
import { COPY_COLUMNS } from './copy-row.ts'
import type { AgentCopyRow } from './copy-row.ts'

/** A person decided; the copy hears it when it asks again. null: the agent has no such copy. */
export async function decideCopy(
  db: Database,
  at: { readonly agentId: string; readonly copyId: number; readonly decision: 'new' | 'same' },
): Promise<AgentCopyRow | null> {
  const [row] = await db.query<AgentCopyRow>(
    `UPDATE agent_copies SET decision = $3
      WHERE agent_id = $1 AND id = $2
      RETURNING ${COPY_COLUMNS}`,
    [at.agentId, at.copyId, at.decision],
  )
  return row ?? null
}
