import type { Problem } from '../../job/problem.ts'
import { keyedDigest, seal } from '../../secrets/seal.ts'
import { jobPlace } from '../../secrets/sealed-places.ts'
import { listDatasources } from '../../store/datasources/list-datasources.ts'
import { applyJob } from '../../store/jobs/apply-job.ts'
import { deleteJob } from '../../store/jobs/delete-job.ts'
import { findJob } from '../../store/jobs/find-job.ts'
import { type JobListRow, listJobs } from '../../store/jobs/list-jobs.ts'
import { ApiError } from '../api-error.ts'
import { orConflict } from '../conflict.ts'
import type { Api, ApiContext } from '../context.ts'
import { checkJobText } from '../job-text.ts'
import { answers, ListOf, NameParams, Nothing } from '../shapes/building-blocks.ts'
import { JobApplied, JobDetail, JobInput, JobSummary, JobVersionQuery } from '../shapes/job.ts'
import { requireGroup } from './groups.ts'

const tags = ['jobs']

export function jobRoutes(api: Api, context: ApiContext): void {
  const { db } = context
  api.get('/jobs', { schema: { tags, response: answers(200, ListOf(JobSummary)) } }, async () => ({
    items: (await listJobs(db)).map(jobSummary),
  }))
  api.put(
    '/jobs/:name',
    { schema: { tags, params: NameParams, body: JobInput, response: answers(200, JobApplied) } },
    async ({ params, body }) => apply(context, params.name, body.text, body.group ?? null),
  )
  api.get(
    '/jobs/:name',
    {
      schema: {
        tags,
        params: NameParams,
        querystring: JobVersionQuery,
        response: answers(200, JobDetail),
      },
    },
    async ({ params, query }) => showJob(context, params.name, query.version ?? null),
  )
  api.delete(
    '/jobs/:name',
    { schema: { tags, params: NameParams, response: answers(200, Nothing) } },
    async ({ params }) => {
      const deletion = await deleteJob(db, params.name)
      if (deletion.outcome === 'notFound') throw jobNotFound(params.name)
      if (deletion.outcome === 'runUnfinished') {
        const message = `job ${params.name} has the unfinished run ${deletion.runId}: kill it first`
        throw new ApiError('JOB_IN_USE', message, { where: `run ${deletion.runId}` })
      }
      return {}
    },
  )
}

async function apply(
  context: ApiContext,
  name: string,
  text: string,
  groupName: string | null,
): Promise<JobApplied> {
  const { db, secretKey, now, defaultTimeZone } = context
  if (groupName !== null) await requireGroup(context, groupName)
  const nowMs = now()
  const checked = checkJobText(text, { nowMs, defaultTimeZone })
  if (!checked.ok) {
    const count = checked.problems.length
    const message = `job ${name} has ${count} ${count === 1 ? 'problem' : 'problems'}`
    throw new ApiError('JOB_INVALID', message, { where: name, problems: checked.problems })
  }
  const plain = Buffer.from(text)
  const applying = applyJob(db, {
    name,
    groupName,
    datasourceNames: checked.datasourceNames,
    textDigest: keyedDigest(secretKey, text),
    sealText: (version) => seal(secretKey, plain, jobPlace(name, version)),
    redacted: checked.redacted,
    nowMs,
  })
  const raced = `job ${name} was just created by somebody else: try again`
  const { version, changed } = await orConflict(applying, 'NAME_TAKEN', raced)
  context.connectivity.jobsChanged()
  const missing = await missingDatasources(context, checked.datasourceNames)
  return { name, version, changed, notes: [...checked.notes, ...missing] }
}

/** Notes only: data sources may be registered after the jobs that name them. */
async function missingDatasources(
  { db }: ApiContext,
  names: readonly string[],
): Promise<Problem[]> {
  const known = new Set((await listDatasources(db)).map((one) => one.name))
  return names
    .filter((name) => !known.has(name))
    .map((name) => ({
      severity: 'note',
      code: 'missing',
      path: '$..datasource',
      line: null,
      column: null,
      found: null,
      expected: null,
      message: `There is no data source ${name} yet; runs need it (sluice datasource apply ${name}).`,
    }))
}

async function showJob(
  { db }: ApiContext,
  name: string,
  version: number | null,
): Promise<JobDetail> {
  const found = await findJob(db, name, version)
  if (found === null) throw jobNotFound(version === null ? name : `${name}, version ${version}`)
  return {
    name: found.name,
    version: found.version,
    currentVersion: found.currentVersion,
    group: found.groupName,
    datasources: [...found.datasourceNames],
    text: found.redacted,
    createdAtMs: found.createdAtMs,
    updatedAtMs: found.updatedAtMs,
  }
}

function jobSummary(row: JobListRow): JobSummary {
  const { name, version, groupName: group, createdAtMs, updatedAtMs } = row
  const lastRun =
    row.lastRunId === null
      ? null
      : {
          id: row.lastRunId,
          state: row.lastRunState ?? '',
          createdAtMs: row.lastRunCreatedAtMs ?? 0,
          finishedAtMs: row.lastRunFinishedAtMs,
        }
  return {
    name,
    version,
    group,
    datasources: [...row.datasourceNames],
    createdAtMs,
    updatedAtMs,
    lastRun,
  }
}

function jobNotFound(name: string): ApiError {
  return new ApiError('JOB_NOT_FOUND', `there is no job ${name}`, { where: name })
}
