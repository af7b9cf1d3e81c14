import type { Database } from '../database.ts'
import { jsonParam, storableText } from '../json-param.ts'
import type { ConnectivityTestRow } from './connectivity-test-row.ts'

export type NewConnectivityResult = Pick<
  ConnectivityTestRow,
  | 'agentId'
  | 'datasourceId'
  | 'datasourceVersion'
  | 'reason'
  | 'verdict'
  | 'message'
  | 'stages'
  | 'startedAtMs'
  | 'finishedAtMs'
>

/**
 * Its id; null when the agent or the data source was deleted meanwhile. Of its pair the newest `keep`
 * (at least 2) stay: this one, and those before it.
 */
export async function insertConnectivityResult(
  db: Database,
  test: NewConnectivityResult,
  keep: number,
): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    `WITH surplus AS (
       DELETE FROM connectivity_tests
        WHERE datasource_id = $2 AND agent_id = $1
          AND id <= (SELECT id FROM connectivity_tests
                      WHERE datasource_id = $2 AND agent_id = $1
                      ORDER BY id DESC OFFSET $10 LIMIT 1)
     )
     INSERT INTO connectivity_tests
       (agent_id, datasource_id, datasource_version, reason, verdict, message, stages,
        started_at_ms, finished_at_ms, agent_ips)
     SELECT a.id, d.id, $3, $4, $5, $6, $7::jsonb, $8, $9, COALESCE(a.facts -> 'ips', '[]'::jsonb)
       FROM agents a, datasources d
      WHERE a.id = $1 AND d.id = $2
     RETURNING id`,
    [
      test.agentId,
      test.datasourceId,
      test.datasourceVersion,
      test.reason,
      test.verdict,
      storableText(test.message),
      jsonParam(test.stages),
      test.startedAtMs,
      test.finishedAtMs,
      keep - 1, // the statement does not see the row that it inserts
    ],
  )
  return row?.id ?? null
}
