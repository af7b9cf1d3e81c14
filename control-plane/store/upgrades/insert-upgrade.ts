import type { Database } from '../database.ts'
import { jsonParamOrNull, storableText } from '../json-param.ts'

export interface NewUpgrade {
  readonly groupId: number
  readonly version: string
  readonly state: string
  readonly drainMs: number
  readonly soakMs: number
  readonly healthMs: number
  readonly window: unknown
  readonly createdBy: string
  readonly createdAtMs: number
}

/** CONFLICT on `upgrades_one_unfinished_per_group` while another one of the group is not over. */
export async function insertUpgrade(db: Database, upgrade: NewUpgrade): Promise<number> {
  const [row] = await db.query<{ id: number }>(
    `INSERT INTO upgrades (group_id, version, state, drain_ms, soak_ms, health_ms, time_window,
                           created_by, created_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9) RETURNING id`,
    [
      upgrade.groupId,
      upgrade.version,
      upgrade.state,
      upgrade.drainMs,
      upgrade.soakMs,
      upgrade.healthMs,
      jsonParamOrNull(upgrade.window),
      storableText(upgrade.createdBy),
      upgrade.createdAtMs,
    ],
  )
  return row!.id
}
