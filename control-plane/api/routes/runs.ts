import type { RunAnswer } from '../../run/run-port.ts'
import { findRun, type RunRow } from '../../store/runs/find-run.ts'
import { listRuns, type RunListRow } from '../../store/runs/list-runs.ts'
import { ApiError, apiErrorFromRefusal } from '../api-error.ts'
import type { Api, ApiContext } from '../context.ts'
import { IdempotencyMemory } from '../idempotency.ts'
import { PAGE_ITEMS_DEFAULT } from '../limits.ts'
import { answers, Nothing } from '../shapes/building-blocks.ts'
import type { RunState } from '../shapes/run-state.ts'
import {
  IdempotencyHeaders,
  Resolution,
  RunDetail,
  RunExplanationShape,
  RunInput,
  RunPage,
  RunParams,
  RunProgressShape,
  RunQuery,
  RunStarted,
  type RunSummary,
} from '../shapes/run.ts'

const tags = ['runs']

export function runRoutes(api: Api, context: ApiContext): void {
  startRoute(api, context)
  readRoutes(api, context)
  explainRoute(api, context)
  decideRoutes(api, context)
}

function startRoute(api: Api, { runs, now }: ApiContext): void {
  const memory = new IdempotencyMemory<{ id: number }>(now)
  const start = async (
    input: RunInput,
    { actor, ip }: { readonly actor: string; readonly ip: string },
  ): Promise<{ id: number }> => {
    const started = await runs.start({
      jobName: input.job,
      groupName: input.group ?? null,
      params: input.params ?? {},
      cycTimeMs: input.cycTimeMs ?? null,
      priority: input.priority ?? null,
      owner: actor,
      peer: ip,
    })
    return { id: valueOf(started).runId }
  }
  api.post(
    '/runs',
    {
      schema: {
        tags,
        headers: IdempotencyHeaders,
        body: RunInput,
        response: answers(201, RunStarted),
      },
    },
    async (request, reply) => {
      const { body, headers } = request
      const key = headers['idempotency-key']
      const answer =
        key === undefined
          ? await start(body, request)
          : await memory.once(key, JSON.stringify(body), () => start(body, request))
      return reply.status(201).send(answer)
    },
  )
}

function readRoutes(api: Api, { db, runs }: ApiContext): void {
  api.get(
    '/runs',
    { schema: { tags, querystring: RunQuery, response: answers(200, RunPage) } },
    async ({ query }) => {
      const limit = query.limit ?? PAGE_ITEMS_DEFAULT
      const rows = await listRuns(db, {
        jobName: query.job ?? null,
        groupName: query.group ?? null,
        states: query.state === undefined ? [] : [query.state],
        beforeId: query.before ?? null,
        limit: limit + 1,
      })
      const items = rows.slice(0, limit).map(runSummary)
      return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
  )
  api.get(
    '/runs/:id',
    { schema: { tags, params: RunParams, response: answers(200, RunDetail) } },
    async ({ params }) => {
      const found = await findRun(db, params.id)
      if (found === null) throw runNotFound(params.id)
      return runDetail(found)
    },
  )
  api.get(
    '/runs/:id/progress',
    { schema: { tags, params: RunParams, response: answers(200, RunProgressShape) } },
    async ({ params }) => {
      const progress = await runs.progress(params.id)
      if (progress === null) throw runNotFound(params.id)
      return { ...progress, agents: [...progress.agents] }
    },
  )
}

function explainRoute(api: Api, { runs }: ApiContext): void {
  api.get(
    '/runs/:id/explain',
    { schema: { tags, params: RunParams, response: answers(200, RunExplanationShape) } },
    async ({ params }) => {
      const explained = await runs.explain(params.id)
      if (explained === null) throw runNotFound(params.id)
      const reasons = explained.reasons.map((reason) => {
        return { ...reason, agents: [...(reason.agents ?? [])] }
      })
      return { ...explained, reasons }
    },
  )
}

function decideRoutes(api: Api, { runs }: ApiContext): void {
  api.post(
    '/runs/:id/kill',
    { schema: { tags, params: RunParams, response: answers(200, Nothing) } },
    async ({ params }) => {
      valueOf(await runs.kill(params.id))
      return {}
    },
  )
  api.post(
    '/runs/:id/resolve',
    { schema: { tags, params: RunParams, body: Resolution, response: answers(200, Nothing) } },
    async ({ params, body }) => {
      valueOf(await runs.resolveHeld(params.id, body.outcome))
      return {}
    },
  )
}

/** @throws ApiError with the refusal's own code */
export function valueOf<T>(answer: RunAnswer<T>): T {
  if (!answer.ok) throw apiErrorFromRefusal(answer.refusal)
  return answer.value
}

export function runNotFound(id: number): ApiError {
  return new ApiError('RUN_NOT_FOUND', `there is no run ${id}`, { where: `run ${id}` })
}

function runSummary(row: RunListRow | RunRow): RunSummary {
  return {
    id: row.id,
    job: row.jobName,
    jobVersion: row.jobVersion,
    group: row.groupName,
    priority: row.priority,
    owner: row.owner,
    state: row.state as RunState,
    phase: row.phase,
    params: row.params,
    rows: row.rows,
    bytesRead: row.bytesRead,
    dirtyRecords: row.dirtyRecords,
    error: row.error,
    cycTimeMs: row.cycTimeMs,
    createdAtMs: row.createdAtMs,
    startedAtMs: row.startedAtMs,
    finishedAtMs: row.finishedAtMs,
  }
}

function runDetail(row: RunRow): RunDetail {
  const { step, sources, session, sessionsOpened, uploadId, plan, evidence } = row
  return { ...runSummary(row), step, sources, session, sessionsOpened, uploadId, plan, evidence }
}
