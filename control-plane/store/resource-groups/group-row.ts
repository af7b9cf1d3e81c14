/** `default`: for a first try and small jobs; custom: hosts that users bring; exclusive: reserved. */
export type GroupKind = 'default' | 'custom' | 'exclusive'

/** What can be changed of a group. */
export interface GroupSettings {
  readonly kind: GroupKind
  readonly description: string
  readonly labels: Readonly<Record<string, string>>
  /** Nothing new is handed out. */
  readonly paused: boolean
  /** MB/s of all its running jobs together; null: no limit. */
  readonly mbpsMax: number | null
  /** Slices in flight; null: as many as its agents take. */
  readonly channelsMax: number | null
  /** Jobs that may run in an exclusive group. */
  readonly reservedJobs: readonly string[]
  /** Owners whose runs may run in an exclusive group. */
  readonly reservedOwners: readonly string[]
}

export interface GroupRow extends GroupSettings {
  readonly id: number
  readonly name: string
  readonly createdAtMs: number
}

export const GROUP_COLUMNS = `
  g.id, g.name, g.kind, g.description, g.labels, g.paused, g.mbps_max AS "mbpsMax",
  g.channels_max AS "channelsMax", g.reserved_jobs AS "reservedJobs",
  g.reserved_owners AS "reservedOwners", g.created_at_ms AS "createdAtMs"`

/** A custom group without limits. */
export const PLAIN_GROUP: GroupSettings = {
  kind: 'custom',
  description: '',
  labels: {},
  paused: false,
  mbpsMax: null,
  channelsMax: null,
  reservedJobs: [],
  reservedOwners: [],
}
