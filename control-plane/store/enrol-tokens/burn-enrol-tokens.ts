import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'
import type { BurnedTokenRow } from './burn-enrol-token.ts'

/**
 * Takes so many uses of each token, each token at most once in the list: all of a token's, or none.
 * Tokens that are unknown, expired, or have not so many uses left get no row.
 */
export function burnEnrolTokens(
  db: Database,
  uses: readonly { readonly tokenHash: string; readonly uses: number }[],
  nowMs: number,
): Promise<(BurnedTokenRow & { readonly tokenHash: string })[]> {
  return db.query(
    `UPDATE enrol_tokens t
        SET uses = t.uses + u.uses, used_at_ms = COALESCE(t.used_at_ms, $2)
       FROM jsonb_to_recordset($1::jsonb) AS u("tokenHash" text, uses integer), resource_groups g
      WHERE t.token_hash = u."tokenHash" AND g.id = t.group_id AND t.expires_at_ms > $2
        AND t.uses + u.uses <= t.uses_max
      RETURNING t.token_hash AS "tokenHash", t.group_id AS "groupId", g.name AS "groupName",
                t.expected`,
    [jsonParam(uses), nowMs],
  )
}
