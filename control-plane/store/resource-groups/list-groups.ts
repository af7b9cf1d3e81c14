import type { Database } from '../database.ts'
import { GROUP_COLUMNS } from './group-row.ts'
import type { GroupRow } from './group-row.ts'

export interface GroupListRow extends GroupRow {
  /** Enrolled agents, whatever their state; revoked ones are not counted. */
  readonly agents: number
}

/** By name. */
export function listGroups(db: Database): Promise<GroupListRow[]> {
  return db.query<GroupListRow>(
    `SELECT ${GROUP_COLUMNS},
            (SELECT count(*) FROM agents a
              WHERE a.group_id = g.id AND a.state <> 'revoked') AS agents
       FROM resource_groups g
      ORDER BY g.name`,
  )
}
