import type { Database } from '../database.ts'
import { CONNECTIVITY_TEST_COLUMNS, type ConnectivityTestRow } from './connectivity-test-row.ts'

export interface ConnectivityFilter {
  /** null: of all groups, agents or data sources. */
  readonly groupName: string | null
  readonly agentIds: readonly string[] | null
  readonly datasourceName: string | null
}

/** The newest test of each pair, by group, agent and data source. */
export function listLatestConnectivityTests(
  db: Database,
  filter: ConnectivityFilter,
): Promise<ConnectivityTestRow[]> {
  return db.query<ConnectivityTestRow>(
    `SELECT ${CONNECTIVITY_TEST_COLUMNS}
       FROM agents a
       JOIN resource_groups g ON g.id = a.group_id
       CROSS JOIN datasources d
       JOIN LATERAL (SELECT *
                       FROM connectivity_tests
                      WHERE datasource_id = d.id AND agent_id = a.id
                      ORDER BY id DESC
                      LIMIT 1) t ON true
      WHERE ($1::text IS NULL OR g.name = $1)
        AND ($2::uuid[] IS NULL OR a.id = ANY ($2))
        AND ($3::text IS NULL OR d.name = $3)
      ORDER BY g.name, a.name, d.name`,
    [filter.groupName, filter.agentIds, filter.datasourceName],
  )
}
