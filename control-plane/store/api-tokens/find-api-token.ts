import type { Database } from '../database.ts'
import type { ApiTokenRow } from './list-api-tokens.ts'

/** By the SHA-256 (hex) of the token that a request carries. */
export async function findApiToken(db: Database, tokenHash: string): Promise<ApiTokenRow | null> {
  const [row] = await db.query<ApiTokenRow>(
    'SELECT name, created_at_ms AS "createdAtMs" FROM api_tokens WHERE token_hash = $1',
    [tokenHash],
  )
  return row ?? null
}
