/** What belongs to one run: slices, dirty records, log lines. */
import { Readable } from 'node:stream'

import type { Database } from '../../store/database.ts'
import {
  type DirtyRecordRow,
  pageDirtyRecords,
} from '../../store/dirty-records/page-dirty-records.ts'
import { findRun } from '../../store/runs/find-run.ts'
import { listSlices, type SliceListRow } from '../../store/slices/list-slices.ts'
import type { Api, ApiContext } from '../context.ts'
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '../limits.ts'
import { logPage } from '../log-page.ts'
import { answers, ListOf } from '../shapes/building-blocks.ts'
import {
  DirtyQuery,
  DirtyRecordPage,
  type DirtyRecordShape,
  LogPage,
  LogQuery,
  RunParams,
  SliceQuery,
  SliceShape,
} from '../shapes/run.ts'
import { runNotFound } from './runs.ts'

const tags = ['runs']
const NDJSON = 'application/x-ndjson'

export function runRecordRoutes(api: Api, { db }: ApiContext): void {
  api.get(
    '/runs/:id/slices',
    {
      schema: {
        tags,
        params: RunParams,
        querystring: SliceQuery,
        response: answers(200, ListOf(SliceShape)),
      },
    },
    async ({ params, query }) => {
      await requireRun(db, params.id)
      return { items: (await listSlices(db, params.id, query.state ?? null)).map(sliceAnswer) }
    },
  )
  api.get(
    '/runs/:id/dirty-records',
    {
      schema: {
        tags,
        description: `With \`Accept: ${NDJSON}\`: all of them, one JSON object a line.`,
        params: RunParams,
        querystring: DirtyQuery,
        response: answers(200, DirtyRecordPage),
      },
    },
    async ({ params, query, headers }, reply) => {
      await requireRun(db, params.id)
      if (headers.accept?.includes(NDJSON) === true) {
        const lines = Readable.from(dirtyLines(db, params.id))
        return reply.type(NDJSON).send(lines as never)
      }
      const limit = query.limit ?? PAGE_ITEMS_DEFAULT
      const after = query.after === undefined ? null : parsePosition(query.after)
      const rows = await pageDirtyRecords(db, { runId: params.id, after, limit: limit + 1 })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        items: rows.slice(0, limit).map(dirtyAnswer),
        nextAfter: last === undefined ? null : `${last.sliceNo}-${last.seq}`,
      }
    },
  )
  api.get(
    '/runs/:id/logs',
    { schema: { tags, params: RunParams, querystring: LogQuery, response: answers(200, LogPage) } },
    async ({ params, query }) => {
      await requireRun(db, params.id)
      return logPage(db, { kind: 'run', runId: params.id }, query)
    },
  )
}

async function requireRun(db: Database, id: number): Promise<void> {
  if ((await findRun(db, id)) === null) throw runNotFound(id)
}

/** One page in memory at a time, however many there are. */
async function* dirtyLines(db: Database, runId: number): AsyncGenerator<string, void, void> {
  for (let after: { sliceNo: number; seq: number } | null = null; ;) {
    const rows: DirtyRecordRow[] = await pageDirtyRecords(db, {
      runId,
      after,
      limit: PAGE_ITEMS_MAX,
    })
    for (const row of rows) yield `${JSON.stringify(dirtyAnswer(row))}\n`
    const last = rows.at(-1)
    if (last === undefined) return
    after = { sliceNo: last.sliceNo, seq: last.seq }
  }
}

/** `<sliceNo>-<seq>`, as the schema has checked. */
function parsePosition(text: string): { sliceNo: number; seq: number } {
  const [sliceNo, seq] = text.split('-').map(Number)
  return { sliceNo: sliceNo ?? 0, seq: seq ?? 0 }
}

function dirtyAnswer(row: DirtyRecordRow): DirtyRecordShape {
  return {
    sliceNo: row.sliceNo,
    seq: row.seq,
    topic: row.topic,
    topicPartition: row.topicPartition,
    offset: row.offset,
    column: row.columnName,
    reason: row.reason,
    rawBase64: Buffer.from(row.rawValue).toString('base64'),
    rawCut: row.rawCut,
  }
}

function sliceAnswer(row: SliceListRow): SliceShape {
  return {
    sliceNo: row.sliceNo,
    state: row.state,
    ranges: row.ranges,
    estimatedBytes: row.estimatedBytes,
    attempt: row.attempt,
    retries: row.retries,
    agent: row.agentName ?? row.agentId,
    rows: row.rows,
    bytesRead: row.bytesRead,
    bytesSent: row.bytesSent,
    dirtyRecords: row.dirtyRecords,
    error: row.error,
    startedAtMs: row.startedAtMs,
    finishedAtMs: row.finishedAtMs,
  }
}
