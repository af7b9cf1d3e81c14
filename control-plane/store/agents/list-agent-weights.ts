import type { Database } from '../database.ts'

/** Of the agents that weigh anything but `usual`. */
export function listAgentWeights(
  db: Database,
  usual: number,
): Promise<{ readonly id: string; readonly weight: number }[]> {
  return db.query(`SELECT id, weight FROM agents WHERE weight <> $1`, [usual])
}
