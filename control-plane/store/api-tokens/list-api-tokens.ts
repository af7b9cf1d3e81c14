import type { Database } from '../database.ts'

export interface ApiTokenRow {
  readonly name: string
  readonly createdAtMs: number
}

/** By name. */
export function listApiTokens(db: Database): Promise<ApiTokenRow[]> {
  return db.query<ApiTokenRow>(
    'SELECT name, created_at_ms AS "createdAtMs" FROM api_tokens ORDER BY name',
  )
}
