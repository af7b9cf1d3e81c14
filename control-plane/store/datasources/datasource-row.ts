export type DatasourceType = 'kafka' | 'odps'

/** Without the sealed secrets: what people and the planner may see. */
export interface DatasourceRow {
  readonly id: number
  readonly name: string
  readonly type: DatasourceType
  readonly description: string
  readonly properties: unknown
  readonly version: number
  readonly updatedAtMs: number
}

export const DATASOURCE_COLUMNS =
  'd.id, d.name, d.type, d.description, d.properties, d.version, d.updated_at_ms AS "updatedAtMs"'
