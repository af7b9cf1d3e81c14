export interface LogLineRow {
  readonly id: number
  readonly runId: number | null
  readonly agentId: string | null
  /** Null: of the control plane, or the agent was deleted since. */
  readonly agentName: string | null
  readonly workId: string
  readonly attempt: number
  readonly atMs: number
  readonly level: string
  readonly message: string
  readonly fields: unknown
}

/** A LogLineRow of `log_lines l LEFT JOIN agents a`. */
export const LOG_LINE_COLUMNS = `
  l.id, l.run_id AS "runId", l.agent_id AS "agentId", a.name AS "agentName", l.work_id AS "workId",
  l.attempt, l.at_ms AS "atMs", l.level, l.message, l.fields`
