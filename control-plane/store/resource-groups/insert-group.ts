import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import { PLAIN_GROUP } from './group-row.ts'
import type { GroupSettings } from './group-row.ts'

/** What is left out is as in PLAIN_GROUP. */
export interface NewGroup extends Partial<GroupSettings> {
  readonly name: string
  readonly createdAtMs: number
}

/** CONFLICT on `resource_groups_name_key` when the name is taken. */
export async function insertGroup(db: Database, group: NewGroup): Promise<number> {
  const settings = { ...PLAIN_GROUP, ...group }
  const rows = await db.query<{ id: number }>(
    `INSERT INTO resource_groups (name, created_at_ms, kind, description, labels, paused, mbps_max,
                                  channels_max, reserved_jobs, reserved_owners)
     VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9::text[], $10::text[])
     RETURNING id`,
    [
      group.name,
      group.createdAtMs,
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
  return rows[0]!.id
}
