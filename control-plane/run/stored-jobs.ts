/** Jobs and data sources as they are stored, opened and parsed. */
import { parseDataSource, type ParsedDataSource } from '../job/datasource.ts'
import { parseJob } from '../job/parse-job.ts'
import type { KafkaSource, MaxComputeSource } from '../job/source.ts'
import type { SecretKey } from '../secrets/seal.ts'
import { open } from '../secrets/seal.ts'
import { datasourcePlace, jobPlace } from '../secrets/sealed-places.ts'
import type { Database } from '../store/database.ts'
import { findDatasource } from '../store/datasources/find-datasource.ts'
import { findJob } from '../store/jobs/find-job.ts'
import { type JobSource, JobUnreadableError } from './job-source.ts'

/** A data source that a run needs was deleted or changed its type; the message is for the user. */
export class DataSourceGoneError extends Error {
  override readonly name = 'DataSourceGoneError'
}

export interface StoredJob {
  readonly jobId: number
  readonly version: number
  readonly groupName: string | null
  readonly text: string
}

export interface StoredJobs extends JobSource {
  find(name: string): Promise<StoredJob | null>
  /** null: there is no such data source of this type. */
  kafkaSource(name: string): Promise<KafkaSource | null>
  maxComputeSource(name: string): Promise<MaxComputeSource | null>
}

type Parsed = Extract<ParsedDataSource, { ok: true }>

export function createStoredJobs(
  db: Database,
  key: SecretKey,
  defaultTimeZone: string,
): StoredJobs {
  const find = async (name: string, version: number | null): Promise<StoredJob | null> => {
    const row = await findJob(db, name, version)
    if (row === null) return null
    const text = Buffer.from(open(key, row.text, jobPlace(row.name, row.version))).toString('utf8')
    return { jobId: row.id, version: row.version, groupName: row.groupName, text }
  }
  const source = async (name: string): Promise<Parsed | null> => {
    const row = await findDatasource(db, name)
    if (row === null) return null
    const sealed = open(key, row.secrets, datasourcePlace(row.name, row.version))
    const secrets = JSON.parse(Buffer.from(sealed).toString('utf8')) as object
    const properties = { ...(row.properties as object), ...secrets }
    const parsed = parseDataSource({ name, type: row.type, properties })
    if (!parsed.ok) {
      const first = parsed.problems[0]?.message ?? ''
      throw new DataSourceGoneError(`data source ${name} cannot be used any more: ${first}`)
    }
    return parsed
  }
  return {
    find: (name) => find(name, null),
    load: async (jobName, version, params, cycTimeMs) => {
      const stored = await find(jobName, version)
      if (stored === null) {
        throw new JobUnreadableError(`version ${version} of job ${jobName} is gone`)
      }
      const parsed = parseJob(stored.text, { params, cycTime: cycTimeMs, defaultTimeZone })
      if (parsed.ok) return { job: parsed.job, secrets: parsed.secrets }
      const problems = parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('; ')
      throw new JobUnreadableError(
        `version ${version} of job ${jobName} cannot be parsed any more: ${problems}`,
      )
    },
    kafkaSource: async (name) => {
      const parsed = await source(name)
      return parsed?.type === 'kafka' ? parsed.source : null
    },
    maxComputeSource: async (name) => {
      const parsed = await source(name)
      return parsed?.type === 'odps' ? parsed.source : null
    },
    kafkaSecrets: async (name) => {
      const parsed = await source(name)
      if (parsed?.type === 'kafka') return parsed.secrets
      throw new DataSourceGoneError(`there is no data source ${name} of type kafka any more`)
    },
    maxComputeSecrets: async (name) => {
      const parsed = await source(name)
      if (parsed?.type === 'odps') return parsed.secrets
      throw new DataSourceGoneError(`there is no data source ${name} of type odps any more`)
    },
  }
}
