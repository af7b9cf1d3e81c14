import type { Database } from '../database.ts'

/** All but the newest `keep` of a pair. */
export async function forgetOldConnectivityTests(
  db: Database,
  pair: { readonly agentId: string; readonly datasourceId: number },
  keep: number,
): Promise<void> {
  await db.query(
    `DELETE FROM connectivity_tests
      WHERE datasource_id = $1 AND agent_id = $2
        AND id <= (SELECT id FROM connectivity_tests
                    WHERE datasource_id = $1 AND agent_id = $2
                    ORDER BY id DESC OFFSET $3 LIMIT 1)`,
    [pair.datasourceId, pair.agentId, keep],
  )
}
