import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface NewEnrolToken {
  /** SHA-256 (hex). */
  readonly tokenHash: string
  readonly groupId: number
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** Name of the API token. */
  readonly createdBy?: string
  readonly usesMax?: number
  /** {name, uuid, ip, cpuCount, memoryBytes} as the user typed them. */
  readonly expected?: unknown
}

export async function insertEnrolToken(db: Database, token: NewEnrolToken): Promise<void> {
  await db.query(
    `INSERT INTO enrol_tokens (token_hash, group_id, created_at_ms, expires_at_ms, created_by,
                               uses_max, expected)
     VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)`,
    [
      token.tokenHash,
      token.groupId,
      token.createdAtMs,
      token.expiresAtMs,
      token.createdBy ?? '',
      token.usesMax ?? 1,
      jsonParam(token.expected ?? {}),
    ],
  )
}
