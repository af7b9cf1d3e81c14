import type { Database } from '../database.ts'

export interface JobRow {
  readonly id: number
  readonly name: string
  readonly currentVersion: number
  /** Of the text, group and data sources below. */
  readonly version: number
  readonly groupName: string | null
  readonly datasourceNames: readonly string[]
  /** Sealed for this name and this version. */
  readonly text: Uint8Array
  /** The text with its secret values blanked. */
  readonly redacted: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly versionCreatedAtMs: number
}

/** The job in the given version; null: in its current one. */
export async function findJob(
  db: Database,
  name: string,
  version: number | null,
): Promise<JobRow | null> {
  const [row] = await db.query<JobRow>(
    `SELECT j.id, j.name, j.version AS "currentVersion", v.version, v.group_name AS "groupName",
            v.datasource_names AS "datasourceNames", v.text, v.redacted,
            j.created_at_ms AS "createdAtMs", j.updated_at_ms AS "updatedAtMs",
            v.created_at_ms AS "versionCreatedAtMs"
       FROM jobs j
       JOIN job_versions v ON v.job_id = j.id AND v.version = COALESCE($2::integer, j.version)
      WHERE j.name = $1`,
    [name, version],
  )
  return row ?? null
}
