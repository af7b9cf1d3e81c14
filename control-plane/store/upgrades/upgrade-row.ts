export interface UpgradeRow {
  readonly id: number
  readonly groupId: number
  readonly group: string
  readonly version: string
  /** waiting | running | halted | done | cancelled */
  readonly state: string
  readonly drainMs: number
  readonly soakMs: number
  readonly healthMs: number
  /** As it was stored; null: at any time. */
  readonly window: unknown
  readonly message: string
  readonly createdBy: string
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
}

/** An UpgradeRow of `upgrades u JOIN resource_groups g`. */
export const UPGRADE_COLUMNS = `
  u.id, u.group_id AS "groupId", g.name AS "group", u.version, u.state, u.drain_ms AS "drainMs",
  u.soak_ms AS "soakMs", u.health_ms AS "healthMs", u.time_window AS "window", u.message,
  u.created_by AS "createdBy", u.created_at_ms AS "createdAtMs", u.finished_at_ms AS "finishedAtMs"`
