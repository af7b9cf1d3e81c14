import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import { COPY_COLUMNS } from './copy-row.ts'
import type { AgentCopyRow } from './copy-row.ts'

export interface SeenCopy {
  readonly agentId: string
  readonly verdict: 'clone' | 'snapshot'
  /** By what it is known again. */
  readonly hostHash: string
  readonly generation: number
  readonly facts: unknown
  readonly peer: string
  readonly nowMs: number
}

/**
 * A copy asks: a new row, or the one that it has, seen now. First seen now: it is a new one. A decision
 * was about the state that it had then: with another generation it is to be made again.
 */
export async function recordCopy(db: Database, copy: SeenCopy): Promise<AgentCopyRow> {
  const [row] = await db.query<AgentCopyRow>(
    `INSERT INTO agent_copies (agent_id, verdict, host_hash, generation, facts, peer, first_seen_ms,
                               last_seen_ms)
     VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $7)
     ON CONFLICT (agent_id, host_hash) DO UPDATE
       SET decision = CASE WHEN agent_copies.generation = excluded.generation
                           THEN agent_copies.decision END,
           verdict = excluded.verdict, generation = excluded.generation, facts = excluded.facts,
           peer = excluded.peer, last_seen_ms = excluded.last_seen_ms
     RETURNING ${COPY_COLUMNS}`,
    [
      copy.agentId,
      copy.verdict,
      copy.hostHash,
      copy.generation,
      jsonParam(copy.facts),
      copy.peer,
      copy.nowMs,
    ],
  )
  return row as AgentCopyRow
}
