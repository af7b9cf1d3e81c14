/** The demo's story: everything is started, a topic is filled, a job moves it, the rows are counted. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { ApiClient } from '../../cli/client.ts'
import { formatBytes, formatCount } from '../../cli/format.ts'
import type { RunProgress } from '../../control-plane/run/run-port.ts'
import { checkRows, type RowCounts } from '../local-system/check-rows.ts'
import { registerDataSources } from '../local-system/data-sources.ts'
import { applyJob, startRun } from '../local-system/runs.ts'
import { runSql, type SqlTarget } from '../local-system/sql.ts'
import type { LocalSystem } from '../local-system/start-local-system.ts'
import { createTopic, produceAll, topicRanges } from '../local-system/topic.ts'
import { followRun } from './follow-run.ts'
import type { DemoOptions } from './options.ts'
import {
  createTableSql,
  GROUP,
  JOB,
  KAFKA_DATASOURCE,
  MAXCOMPUTE_DATASOURCE,
  ordersJob,
  TABLE,
} from './orders-job.ts'
import { orders, partitionSizes } from './orders.ts'
import type { Screen } from './screen.ts'
import { countLines, someRows, verdict } from './show-rows.ts'

export interface DemoResult {
  readonly counts: RowCounts
  readonly run: RunProgress
  /** That took part. */
  readonly agents: readonly string[]
  readonly jobFile: string
  readonly ds: string
}

/** The run did not succeed; the message says why, for the user. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

export const CHANNELS_PER_AGENT = 2

export async function runDemo(
  system: LocalSystem,
  topic: string,
  options: DemoOptions,
  screen: Screen,
): Promise<DemoResult> {
  const { client } = system
  const sql = { client, group: GROUP, datasource: MAXCOMPUTE_DATASOURCE }
  const ds = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' })
    .format(new Date())
    .replaceAll('-', '')
  await fillTopic(system, topic, options, screen)
  screen.begin(`Data sources ${KAFKA_DATASOURCE} and ${MAXCOMPUTE_DATASOURCE}, table ${TABLE}`)
  await registerDataSources(system, { kafka: KAFKA_DATASOURCE, maxCompute: MAXCOMPUTE_DATASOURCE })
  await runSql(sql, createTableSql())
  const jobFile = await describeJob(system, topic, options, screen)

  screen.begin(`Job ${JOB}, partition ds=${ds}`)
  const runId = await startRun(client, JOB, { ds })
  const run = await followRun(client, runId, screen)
  if (run.state !== 'succeeded') throw new DemoError(whyFailed(run))
  const agents = await agentsOf(client, runId)
  screen.end(runTitle(run, agents))
  const counts = await showRows(system, topic, sql, ds, screen)
  return { counts, run, agents, jobFile, ds }
}

async function fillTopic(
  system: LocalSystem,
  topic: string,
  { records, topicPartitions }: DemoOptions,
  screen: Screen,
): Promise<void> {
  const { bootstrap } = system.kafka
  screen.begin(`Topic ${topic}: ${formatCount(records)} orders in ${topicPartitions} partitions`)
  await createTopic(bootstrap, topic, { topicPartitions })
  const firstTimeMs = Date.now() - 3_600_000
  let first = 1
  const lists = partitionSizes(records, topicPartitions).map((size) => {
    const list = orders(first, size, firstTimeMs)
    first += size
    return list
  })
  const produced = await produceAll(bootstrap, topic, lists, { codec: 'zstd' })
  const bytes = produced.reduce((sum, one) => sum + one.bytes, 0)
  const sizes = produced.map((one) => formatCount(one.records)).join(' + ')
  screen.end(`Topic ${topic}: ${sizes} orders, ${formatBytes(bytes)}`)
}

/** Writes the job to a file, shows it and applies it. */
async function describeJob(
  system: LocalSystem,
  topic: string,
  { agents }: DemoOptions,
  screen: Screen,
): Promise<string> {
  const job = ordersJob(topic, agents * CHANNELS_PER_AGENT)
  const text = JSON.stringify(job, null, 2)
  const jobFile = join(system.stateDir, `${JOB}.json`)
  writeFileSync(jobFile, `${text}\n`)
  await applyJob(system.client, JOB, job, GROUP)
  screen.print('', ...compactLists(text).map((line) => `    ${line}`), '')
  return jobFile
}

/** Lists of texts on one line: the job then fits on a screen. */
function compactLists(json: string): readonly string[] {
  const compact = json.replaceAll(/\[\s+("[^{}[\]]*")\s+\]/g, (_, items: string) => {
    return `[${items.replaceAll(/,\s+/g, ', ')}]`
  })
  return compact.split('\n')
}

async function showRows(
  system: LocalSystem,
  topic: string,
  sql: SqlTarget,
  ds: string,
  screen: Screen,
): Promise<RowCounts> {
  const where = `ds='${ds}'`
  screen.begin('A look at the table')
  const rows = await someRows(sql, where)
  screen.print('', ...rows.map((line) => `    ${line}`), '')
  screen.begin("Rows counted in the table, against the topic's end offsets from Kafka")
  const counts = await checkRows(sql, {
    table: TABLE,
    partitionColumn: 'kafka_partition',
    offsetColumn: 'kafka_offset',
    where,
    ranges: await topicRanges(system.kafka.bootstrap, topic),
  })
  screen.print('', ...countLines(counts).map((line) => `    ${line}`), '', verdict(counts), '')
  return counts
}

/** Whose slices are in the table. */
async function agentsOf(client: ApiClient, runId: number): Promise<readonly string[]> {
  const { items } = await client.runSlices(runId)
  return [...new Set(items.flatMap((slice) => slice.agent ?? []))].sort()
}

function runTitle(run: RunProgress, agents: readonly string[]): string {
  const seconds = runSeconds(run)
  const rate = seconds > 0 ? `, ${formatBytes(run.bytesRead / seconds)}/s` : ''
  return (
    `Run ${run.runId} succeeded: ${formatCount(run.rows)} rows in ${seconds.toFixed(1)} s${rate}, ` +
    `${run.slicesTotal} slices by ${agents.join(', ')}`
  )
}

/** From its start to its end; 0 when it has not ended. */
export function runSeconds(run: RunProgress): number {
  if (run.startedAtMs === null || run.finishedAtMs === null) return 0
  return (run.finishedAtMs - run.startedAtMs) / 1000
}

function whyFailed(run: RunProgress): string {
  const error = run.error as { code?: string; message?: string } | null
  const why =
    error === null ? '' : `: ${error.code ?? ''} ${error.message ?? JSON.stringify(error)}`
  return `run ${run.runId} ${run.state}${why}`
}
