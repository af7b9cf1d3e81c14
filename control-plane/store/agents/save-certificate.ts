import type { Database } from '../database.ts'

/** Until when the agent's newest certificate is good. False: no such agent, or it is revoked. */
export async function saveCertificate(
  db: Database,
  agentId: string,
  certificateUntilMs: number,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE agents SET certificate_until_ms = $2
      WHERE id = $1 AND state <> 'revoked'
      RETURNING id`,
    [agentId, certificateUntilMs],
  )
  return rows.length === 1
}
