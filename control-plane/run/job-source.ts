/** What the coordinator needs to know of jobs and data sources. Implemented by stored-jobs.ts. */
import type { Job, JobSecrets } from '../job/job.ts'
import type { KafkaSecrets, MaxComputeSecrets } from '../job/source.ts'

export interface LoadedJob {
  readonly job: Job
  readonly secrets: JobSecrets
}

/** A stored version of a job that cannot be used (any more): a matter of its runs alone. */
export class JobUnreadableError extends Error {
  override readonly name = 'JobUnreadableError'
}

export interface JobSource {
  /**
   * A version of a job with a run's parameters filled in: the same each time it is asked.
   * Throws JobUnreadableError.
   */
  load(
    jobName: string,
    version: number,
    params: Readonly<Record<string, string>>,
    cycTimeMs: number,
  ): Promise<LoadedJob>
  /** Secrets as they are now. Throws when the data source is gone: the message is for the user. */
  kafkaSecrets(datasource: string): Promise<KafkaSecrets>
  maxComputeSecrets(datasource: string): Promise<MaxComputeSecrets>
}
