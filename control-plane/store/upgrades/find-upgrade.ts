import type { Database } from '../database.ts'
import { UPGRADE_COLUMNS } from './upgrade-row.ts'
import type { UpgradeRow } from './upgrade-row.ts'

export async function findUpgrade(db: Database, id: number): Promise<UpgradeRow | null> {
  const [row] = await db.query<UpgradeRow>(
    `SELECT ${UPGRADE_COLUMNS}
       FROM upgrades u JOIN resource_groups g ON g.id = u.group_id
      WHERE u.id = $1`,
    [id],
  )
  return row ?? null
}
