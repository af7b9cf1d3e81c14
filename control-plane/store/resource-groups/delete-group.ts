import type { Database } from '../database.ts'

/** So many names of each are told. */
const NAMES_MAX = 5

export interface GroupUse {
  readonly count: number
  /** The first ones. */
  readonly names: readonly string[]
}

export type GroupDeletion =
  | { readonly outcome: 'deleted' | 'notFound' | 'isDefault' }
  /** What still uses the group: agents that are enrolled, jobs whose own group it is, or kept runs. */
  | {
      readonly outcome: 'inUse'
      readonly agents: GroupUse
      readonly jobs: GroupUse
      readonly runs: number
    }

/** Deletes a group that nothing uses; its enrolment tokens go with it. */
export function deleteGroup(db: Database, name: string): Promise<GroupDeletion> {
  return db.transaction(async (tx) => {
    // Locked first: an insert that refers to the group waits, and is refused after the deletion.
    const [group] = await tx.query<{ id: number; kind: string }>(
      'SELECT id, kind FROM resource_groups WHERE name = $1 FOR UPDATE',
      [name],
    )
    if (group === undefined) return { outcome: 'notFound' }
    if (group.kind === 'default') return { outcome: 'isDefault' }
    const agents = await usesOf(tx, 'SELECT name FROM agents WHERE group_id = $1', group.id)
    const jobs = await usesOf(
      tx,
      `SELECT j.name FROM jobs j
         JOIN job_versions v ON v.job_id = j.id AND v.version = j.version
        WHERE v.group_name = $1`,
      name,
    )
    const [runs] = await tx.query<{ count: number }>(
      'SELECT count(*) AS count FROM runs WHERE group_id = $1',
      [group.id],
    )
    if (agents.count + jobs.count + runs!.count > 0) {
      return { outcome: 'inUse', agents, jobs, runs: runs!.count }
    }
    await tx.query('DELETE FROM resource_groups WHERE id = $1', [group.id])
    return { outcome: 'deleted' }
  })
}

async function usesOf(tx: Database, names: string, group: number | string): Promise<GroupUse> {
  const [row] = await tx.query<{ count: number; names: string[] }>(
    `WITH uses AS (${names})
     SELECT (SELECT count(*) FROM uses) AS count,
            ARRAY(SELECT name FROM uses ORDER BY name LIMIT ${NAMES_MAX}) AS names`,
    [group],
  )
  return row!
}
