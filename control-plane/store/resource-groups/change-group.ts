import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import { GROUP_COLUMNS } from './group-row.ts'
import type { GroupRow, GroupSettings } from './group-row.ts'

/**
 * Changes a group's settings; null: there is no such group. `decide` is given the group as it is, locked,
 * and says what it is to be; when it throws nothing is changed.
 */
export function changeGroup(
  db: Database,
  name: string,
  decide: (group: GroupRow) => GroupSettings,
): Promise<GroupRow | null> {
  return db.transaction(async (tx) => {
    const [group] = await tx.query<GroupRow>(
      `SELECT ${GROUP_COLUMNS} FROM resource_groups g WHERE g.name = $1 FOR UPDATE`,
      [name],
    )
    if (group === undefined) return null
    const settings = decide(group)
    const [changed] = await tx.query<GroupRow>(
      `UPDATE resource_groups g
          SET kind = $2, description = $3, labels = $4::jsonb, paused = $5, mbps_max = $6,
              channels_max = $7, reserved_jobs = $8::text[], reserved_owners = $9::text[]
        WHERE g.id = $1
        RETURNING ${GROUP_COLUMNS}`,
      [
        group.id,
        settings.kind,
        settings.description,
        jsonParam(settings.labels),
        settings.paused,
        settings.mbpsMax,
        settings.channelsMax,
        settings.reservedJobs,
        settings.reservedOwners,
      ],
    )
    return changed!
  })
}
