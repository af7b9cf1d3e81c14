import type { Database } from '../database.ts'
import { CONNECTIVITY_TEST_COLUMNS, type ConnectivityTestRow } from './connectivity-test-row.ts'

export interface ConnectivityPage {
  readonly agentId: string
  readonly datasourceName: string
  /** Older ones than this; null: from the newest. */
  readonly beforeId: number | null
  readonly limit: number
}

/** The history of a pair, the newest first. */
export function pageConnectivityTests(
  db: Database,
  page: ConnectivityPage,
): Promise<ConnectivityTestRow[]> {
  return db.query<ConnectivityTestRow>(
    `SELECT ${CONNECTIVITY_TEST_COLUMNS}
       FROM connectivity_tests t
       JOIN agents a ON a.id = t.agent_id
       JOIN resource_groups g ON g.id = a.group_id
       JOIN datasources d ON d.id = t.datasource_id
      WHERE t.agent_id = $1 AND d.name = $2 AND ($3::bigint IS NULL OR t.id < $3)
      ORDER BY t.id DESC
      LIMIT $4`,
    [page.agentId, page.datasourceName, page.beforeId, page.limit],
  )
}
