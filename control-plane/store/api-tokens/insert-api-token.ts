import type { Database } from '../database.ts'

export interface NewApiToken {
  /** SHA-256 (hex). */
  readonly tokenHash: string
  readonly name: string
  readonly createdAtMs: number
}

/** CONFLICT on `api_tokens_name_key` when the name is taken. */
export async function insertApiToken(db: Database, token: NewApiToken): Promise<void> {
  await db.query('INSERT INTO api_tokens (token_hash, name, created_at_ms) VALUES ($1, $2, $3)', [
    token.tokenHash,
    token.name,
    token.createdAtMs,
  ])
}
