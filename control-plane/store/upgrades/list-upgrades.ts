import type { Database } from '../database.ts'
import { UPGRADE_COLUMNS } from './upgrade-row.ts'
import type { UpgradeRow } from './upgrade-row.ts'

export interface UpgradeFilter {
  /** null: of all groups. */
  readonly groupId: number | null
  /** Empty: in any state. */
  readonly states: readonly string[]
  readonly limit: number
}

/** The newest first. */
export function listUpgrades(db: Database, filter: UpgradeFilter): Promise<UpgradeRow[]> {
  return db.query<UpgradeRow>(
    `SELECT ${UPGRADE_COLUMNS}
       FROM upgrades u JOIN resource_groups g ON g.id = u.group_id
      WHERE ($1::bigint IS NULL OR u.group_id = $1)
        AND (cardinality($2::text[]) = 0 OR u.state = ANY ($2::text[]))
      ORDER BY u.id DESC LIMIT $3`,
    [filter.groupId, filter.states, filter.limit],
  )
}
