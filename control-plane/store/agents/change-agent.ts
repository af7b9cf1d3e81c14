import type { Database } from '../database.ts'
import { jsonParamOrNull } from '../json-param.ts'

/** What is left out stays. */
export interface AgentChange {
  readonly name?: string | undefined
  readonly weight?: number | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Only of an agent that can hold no work. */
  readonly groupId?: number | undefined
}

/**
 * False: no such agent, or its state forbids another group; nothing was changed. CONFLICT on
 * `agents_name_key` when the name is taken.
 */
export async function changeAgent(
  db: Database,
  agentId: string,
  change: AgentChange,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE agents
        SET name = COALESCE($2, name), weight = COALESCE($3, weight),
            labels = COALESCE($4::jsonb, labels), group_id = COALESCE($5, group_id)
      WHERE id = $1
        AND ($5::bigint IS NULL OR group_id = $5 OR state IN ('enrolled', 'offline', 'drained'))
      RETURNING id`,
    [
      agentId,
      change.name ?? null,
      change.weight ?? null,
      jsonParamOrNull(change.labels),
      change.groupId ?? null,
    ],
  )
  return rows.length === 1
}
