import type { Database } from '../database.ts'
import { GROUP_COLUMNS } from './group-row.ts'
import type { GroupRow } from './group-row.ts'

export async function findGroupByName(db: Database, name: string): Promise<GroupRow | null> {
  const [row] = await db.query<GroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM resource_groups g WHERE g.name = $1`,
    [name],
  )
  return row ?? null
}
