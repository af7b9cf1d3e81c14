/** What a control plane finds missing at its first start and makes: a group, and a token for the API. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { hashToken, newToken } from './secrets/hash-token.ts'
import { insertApiToken } from './store/api-tokens/insert-api-token.ts'
import { listApiTokens } from './store/api-tokens/list-api-tokens.ts'
import type { Database } from './store/database.ts'
import { insertGroup } from './store/resource-groups/insert-group.ts'
import { listGroups } from './store/resource-groups/list-groups.ts'

export const ADMIN_TOKEN_FILE = 'admin.token'

/** Jobs that name no group run here. */
const DEFAULT_GROUP = 'default'

export async function prepareFirstStart(
  db: Database,
  dataDir: string,
  nowMs: number,
): Promise<void> {
  if ((await listGroups(db)).length === 0) {
    const description = 'for a first try and small jobs; runs without a group go here'
    await insertGroup(db, {
      name: DEFAULT_GROUP,
      kind: 'default',
      description,
      createdAtMs: nowMs,
    })
  }
  if ((await listApiTokens(db)).length === 0) {
    const token = newToken('sluice_api')
    // The file first: a token in the store that nobody knows would lock everyone out.
    writeFileSync(join(dataDir, ADMIN_TOKEN_FILE), `${token}\n`, { mode: 0o600 })
    await insertApiToken(db, { tokenHash: hashToken(token), name: 'admin', createdAtMs: nowMs })
  }
}
