import type { DatasourceType } from '../datasources/datasource-row.ts'

/** DataWorks' words. */
export type ConnectivityVerdict = 'Connectable' | 'ConfigError' | 'Unreachable' | 'Unsupported'

export type ConnectivityReason =
  | 'demand'
  | 'schedule'
  | 'agent-online'
  | 'datasource-changed'
  | 'run'

export interface ConnectivityStage {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly milliseconds: number
  readonly detail: string
  readonly advice: string
}

export interface ConnectivityTestRow {
  readonly id: number
  readonly agentId: string
  readonly agentName: string
  readonly groupName: string
  readonly datasourceId: number
  readonly datasourceName: string
  readonly datasourceType: DatasourceType
  readonly datasourceVersion: number
  readonly reason: ConnectivityReason
  readonly verdict: ConnectivityVerdict
  readonly message: string
  readonly stages: readonly ConnectivityStage[]
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** The data source was changed since. */
  readonly isOfOldVersion: boolean
  /** The agent has other addresses now. */
  readonly isOfOldAddress: boolean
}

/** Of `connectivity_tests t JOIN agents a JOIN resource_groups g JOIN datasources d`. */
export const CONNECTIVITY_TEST_COLUMNS = `
  t.id, t.agent_id AS "agentId", a.name AS "agentName", g.name AS "groupName",
  t.datasource_id AS "datasourceId", d.name AS "datasourceName", d.type AS "datasourceType",
  t.datasource_version AS "datasourceVersion", t.reason, t.verdict, t.message, t.stages,
  t.started_at_ms AS "startedAtMs", t.finished_at_ms AS "finishedAtMs",
  t.datasource_version <> d.version AS "isOfOldVersion",
  t.agent_ips <> COALESCE(a.facts -> 'ips', '[]'::jsonb) AS "isOfOldAddress"`
