import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface SavedCertificate {
  readonly agentId: string
  readonly certificateUntilMs: number
}

/** Until when the newest certificates of agents are good, each at most once. Revoked ones are passed over. */
export async function saveCertificates(
  db: Database,
  saved: readonly SavedCertificate[],
): Promise<void> {
  await db.query(
    `UPDATE agents a SET certificate_until_ms = c."certificateUntilMs"
       FROM jsonb_to_recordset($1::jsonb) AS c("agentId" uuid, "certificateUntilMs" bigint)
      WHERE a.id = c."agentId" AND a.state <> 'revoked'`,
    [jsonParam(saved)],
  )
}
