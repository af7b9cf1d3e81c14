import type { Database } from '../database.ts'

export interface NewGroup {
  readonly name: string
  readonly description: string
  readonly createdAtMs: number
}

/** CONFLICT on `resource_groups_name_key` when the name is taken. */
export async function insertGroup(db: Database, group: NewGroup): Promise<number> {
  const rows = await db.query<{ id: number }>(
    `INSERT INTO resource_groups (name, description, created_at_ms)
     VALUES ($1, $2, $3)
     RETURNING id`,
    [group.name, group.description, group.createdAtMs],
  )
  return rows[0]!.id
}
