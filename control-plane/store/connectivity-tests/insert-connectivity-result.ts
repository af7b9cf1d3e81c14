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

/** Its id; null when the agent or the data source was deleted meanwhile. */
export async function insertConnectivityResult(
  db: Database,
  test: NewConnectivityResult,
): Promise<number | null> {
  const [row] = await db.query<{ id: number }>(
    `INSERT INTO connectivity_tests
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
    ],
  )
  return row?.id ?? null
}
