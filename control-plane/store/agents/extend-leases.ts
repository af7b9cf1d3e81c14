import type { Database } from '../database.ts'

/**
 * After an outage of the control plane or the store: every agent that counted as alive gets a full
 * lease, because an agent that could not reach us is not a dead one.
 */
export async function extendLeases(db: Database, leaseUntilMs: number): Promise<void> {
  await db.query(
    `UPDATE agents SET lease_until_ms = $1
      WHERE state IN ('online', 'suspect', 'draining') AND lease_until_ms < $1`,
    [leaseUntilMs],
  )
}
