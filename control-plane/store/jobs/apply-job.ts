import type { Database } from '../database.ts'

export interface JobInput {
  readonly name: string
  /** Default group of the job's runs; null: each run names its own. */
  readonly groupName: string | null
  /** Every data source that the text names. */
  readonly datasourceNames: readonly string[]
  /** Keyed hash of the text as given: equal digests mean an unchanged text. */
  readonly textDigest: string
  /** The sealed text of that version: the version is part of what the seal is bound to. */
  readonly sealText: (version: number) => Uint8Array
  /** The text with its secret values blanked. */
  readonly redacted: string
  readonly nowMs: number
}

export interface AppliedJob {
  readonly jobId: number
  readonly version: number
  /** False: text and group are those of the current version, which stays. */
  readonly changed: boolean
}

/** A new job, its next version, or nothing new. CONFLICT on `jobs_name_key` when two create it at once. */
export function applyJob(db: Database, input: JobInput): Promise<AppliedJob> {
  return db.transaction(async (tx) => {
    const [current] = await tx.query<CurrentVersion>(
      `SELECT j.id, j.version, v.text_digest AS "textDigest", v.group_name AS "groupName"
         FROM jobs j JOIN job_versions v ON v.job_id = j.id AND v.version = j.version
        WHERE j.name = $1
          FOR UPDATE OF j`,
      [input.name],
    )
    if (current === undefined) {
      const jobId = await insertJob(tx, input)
      await insertVersion(tx, jobId, 1, input)
      return { jobId, version: 1, changed: true }
    }
    if (current.textDigest === input.textDigest && current.groupName === input.groupName) {
      return { jobId: current.id, version: current.version, changed: false }
    }
    const version = current.version + 1
    await insertVersion(tx, current.id, version, input)
    await tx.query('UPDATE jobs SET version = $2, updated_at_ms = $3 WHERE id = $1', [
      current.id,
      version,
      input.nowMs,
    ])
    return { jobId: current.id, version, changed: true }
  })
}

interface CurrentVersion {
  readonly id: number
  readonly version: number
  readonly textDigest: string
  readonly groupName: string | null
}

async function insertJob(tx: Database, input: JobInput): Promise<number> {
  const rows = await tx.query<{ id: number }>(
    `INSERT INTO jobs (name, version, created_at_ms, updated_at_ms)
     VALUES ($1, 1, $2, $2)
     RETURNING id`,
    [input.name, input.nowMs],
  )
  return rows[0]!.id
}

async function insertVersion(
  tx: Database,
  jobId: number,
  version: number,
  input: JobInput,
): Promise<void> {
  await tx.query(
    `INSERT INTO job_versions (job_id, version, group_name, datasource_names, text_digest, text,
                               redacted, created_at_ms)
     VALUES ($1, $2, $3, $4::text[], $5, $6, $7, $8)`,
    [
      jobId,
      version,
      input.groupName,
      input.datasourceNames,
      input.textDigest,
      input.sealText(version),
      input.redacted,
      input.nowMs,
    ],
  )
}
