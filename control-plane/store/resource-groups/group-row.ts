export interface GroupRow {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly createdAtMs: number
}

export const GROUP_COLUMNS = 'g.id, g.name, g.description, g.created_at_ms AS "createdAtMs"'
