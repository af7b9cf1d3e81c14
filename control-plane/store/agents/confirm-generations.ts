import type { Database } from '../database.ts'
import { jsonParam } from '../json-param.ts'

export interface ConfirmedGeneration {
  readonly agentId: string
  readonly sessionEpoch: number
  readonly generation: number
}

/**
 * Many agents have it on their disks, each at most once. Those whose session is not the agent's any
 * more, and revoked ones, are passed over. Returns how many were written.
 */
export async function confirmGenerations(
  db: Database,
  confirmed: readonly ConfirmedGeneration[],
): Promise<number> {
  const rows = await db.query(
    `UPDATE agents a SET generation = c.generation
       FROM jsonb_to_recordset($1::jsonb) AS c(
              "agentId" uuid, "sessionEpoch" bigint, generation bigint)
      WHERE a.id = c."agentId" AND a.session_epoch = c."sessionEpoch" AND a.state <> 'revoked'
      RETURNING a.id`,
    [jsonParam(confirmed)],
  )
  return rows.length
}
