import type { Database } from '../database.ts'

export type GroupDeletion =
  | { readonly outcome: 'deleted' | 'notFound' }
  /** What still uses the group: agents that are enrolled, jobs whose own group it is, or kept runs. */
  | {
      readonly outcome: 'inUse'
      readonly agents: number
      readonly jobs: number
      readonly runs: number
    }

/** Deletes a group that nothing uses; its enrolment tokens go with it. */
export function deleteGroup(db: Database, name: string): Promise<GroupDeletion> {
  return db.transaction(async (tx) => {
    // Locked first: an insert that refers to the group waits, and is refused after the deletion.
    const [group] = await tx.query<{ id: number }>(
      'SELECT id FROM resource_groups WHERE name = $1 FOR UPDATE',
      [name],
    )
    if (group === undefined) return { outcome: 'notFound' }
    const uses = await tx.query<{ agents: number; jobs: number; runs: number }>(
      `SELECT (SELECT count(*) FROM agents WHERE group_id = $1) AS agents,
              (SELECT count(*) FROM jobs j
                 JOIN job_versions v ON v.job_id = j.id AND v.version = j.version
                WHERE v.group_name = $2) AS jobs,
              (SELECT count(*) FROM runs WHERE group_id = $1) AS runs`,
      [group.id, name],
    )
    const { agents, jobs, runs } = uses[0]!
    if (agents + jobs + runs > 0) return { outcome: 'inUse', agents, jobs, runs }
    await tx.query('DELETE FROM resource_groups WHERE id = $1', [group.id])
    return { outcome: 'deleted' }
  })
}
