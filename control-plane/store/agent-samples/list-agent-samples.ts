import type { Database } from '../database.ts'
import { SAMPLE_FIGURES, type AgentSample } from './agent-sample.ts'

const FIGURES = SAMPLE_FIGURES.map(([column, name]) => `${column} AS "${name}"`).join(', ')

/** An agent's minutes with fromMs <= atMs < toMs, oldest first; of more than `limit` the newest. */
export async function listAgentSamples(
  db: Database,
  window: {
    readonly agentId: string
    readonly fromMs: number
    readonly toMs: number
    readonly limit: number
  },
): Promise<AgentSample[]> {
  const rows = await db.query<AgentSample>(
    `SELECT agent_id AS "agentId", at_ms AS "atMs", beats, ${FIGURES}
       FROM agent_samples
      WHERE agent_id = $1 AND at_ms >= $2 AND at_ms < $3
      ORDER BY at_ms DESC LIMIT $4`,
    [window.agentId, window.fromMs, window.toMs, window.limit],
  )
  return rows.toReversed()
}
