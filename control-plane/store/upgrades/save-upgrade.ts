import type { Database } from '../database.ts'
import { storableText } from '../json-param.ts'

export interface UpgradeChange {
  readonly id: number
  readonly state: string
  readonly message: string
  readonly finishedAtMs: number | null
}

export async function saveUpgrade(db: Database, change: UpgradeChange): Promise<void> {
  await db.query(
    'UPDATE upgrades SET state = $2, message = $3, finished_at_ms = $4 WHERE id = $1',
    [change.id, change.state, storableText(change.message), change.finishedAtMs],
  )
}
