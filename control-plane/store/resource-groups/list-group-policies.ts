import type { Database } from '../database.ts'

export interface GroupPolicyRow {
  readonly id: number
  readonly name: string
  readonly kind: 'default' | 'custom' | 'exclusive'
  readonly paused: boolean
  /** MiB a second; null: no limit. */
  readonly mbpsMax: number | null
  readonly channelsMax: number | null
  readonly reservedJobs: readonly string[]
  readonly reservedOwners: readonly string[]
}

/** What the groups' rules are for handing out work. */
export function listGroupPolicies(db: Database): Promise<GroupPolicyRow[]> {
  return db.query<GroupPolicyRow>(
    `SELECT id, name, kind, paused, mbps_max AS "mbpsMax", channels_max AS "channelsMax",
            reserved_jobs AS "reservedJobs", reserved_owners AS "reservedOwners"
       FROM resource_groups`,
  )
}
