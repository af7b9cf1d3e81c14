import type { Database } from '../database.ts'
import { jsonParamOrNull, storableText } from '../json-param.ts'

export interface NewLogLine {
  /** null: of an agent or of the control plane itself. */
  readonly runId: number | null
  /** UUID; null: of the control plane. */
  readonly agentId: string | null
  readonly workId: string
  readonly attempt: number
  readonly atMs: number
  readonly level: string
  readonly message: string
  /** What else the line carries; null: nothing. */
  readonly fields: unknown
}

/** One statement, however many lines: their ids are in the order given. */
export async function insertLogLines(db: Database, lines: readonly NewLogLine[]): Promise<void> {
  if (lines.length === 0) return
  await db.query(
    `INSERT INTO log_lines (run_id, agent_id, work_id, attempt, at_ms, level, message, fields)
     SELECT run_id, agent_id, work_id, attempt, at_ms, level, message, fields
       FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::integer[], $5::bigint[], $6::text[],
                   $7::text[], $8::jsonb[])
            WITH ORDINALITY AS t (run_id, agent_id, work_id, attempt, at_ms, level, message,
                                  fields, position)
      ORDER BY position`,
    [
      lines.map((line) => line.runId),
      lines.map((line) => line.agentId),
      lines.map((line) => storableText(line.workId)),
      lines.map((line) => line.attempt),
      lines.map((line) => line.atMs),
      lines.map((line) => storableText(line.level)),
      lines.map((line) => storableText(line.message)),
      lines.map((line) => jsonParamOrNull(line.fields)),
    ],
  )
}
