export type QueryState = 'pending' | 'assigned' | 'succeeded' | 'failed' | 'killed'

export interface QueryRow {
  /** UUID. */
  readonly id: string
  readonly groupId: number
  readonly groupName: string
  readonly datasourceId: number
  readonly datasourceName: string
  readonly sql: string
  readonly rowsMax: number
  readonly state: QueryState
  readonly attempt: number
  readonly agentId: string | null
  readonly result: unknown
  readonly error: unknown
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
}

export const QUERY_COLUMNS = `
  q.id, q.group_id AS "groupId", g.name AS "groupName", q.datasource_id AS "datasourceId",
  d.name AS "datasourceName", q.sql, q.rows_max AS "rowsMax", q.state, q.attempt,
  q.agent_id AS "agentId", q.result, q.error, q.created_at_ms AS "createdAtMs",
  q.finished_at_ms AS "finishedAtMs"`

export const QUERY_TABLES = `
  queries q
  JOIN resource_groups g ON g.id = q.group_id
  JOIN datasources d ON d.id = q.datasource_id`
