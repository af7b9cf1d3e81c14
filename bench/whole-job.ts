/** The whole product: a run from the API's start call to the commit, by one agent. */
import { registerDataSources } from '../dev/local-system/data-sources.ts'
import { jobJson } from '../dev/local-system/job-json.ts'
import { applyJob, startRun, waitForRun } from '../dev/local-system/runs.ts'
import { runSql } from '../dev/local-system/sql.ts'
import type { LocalSystem } from '../dev/local-system/start-local-system.ts'
import type { FilledTopic } from './fill-topic.ts'
import { createTableSql, JOB_COLUMNS } from './job-columns.ts'
import { BenchError, type Measurement } from './measurement.ts'
import { cpuSeconds, peakRssBytes, resetPeakRss } from './process-usage.ts'

const KAFKA = 'bench_kafka'
const MAXCOMPUTE = 'bench_odps'
const TABLE = 'bench_rows'

/** CPU and memory are the agent's; the endpoint's CPU is beside it. */
export interface JobMeasurement extends Measurement {
  readonly endpointCpuSeconds: number
  readonly controlPlaneCpuSeconds: number
  readonly slices: number
}

/** What every job needs, once. */
export async function prepareJobs(system: LocalSystem): Promise<void> {
  await registerDataSources(system, { kafka: KAFKA, maxCompute: MAXCOMPUTE })
  const { client, group } = system
  await runSql({ client, group, datasource: MAXCOMPUTE }, createTableSql(TABLE))
}

/** Moves the whole topic. May be repeated: each run replaces the table's rows. */
export async function wholeJob(
  system: LocalSystem,
  { topic }: FilledTopic,
  channels: number,
): Promise<JobMeasurement> {
  const { client, group, endpoint, controlPlane } = system
  const agent = system.agents[0]!.process.pid
  const job = jobJson({
    kafkaDatasource: KAFKA,
    topic,
    maxComputeDatasource: MAXCOMPUTE,
    table: TABLE,
    columns: JOB_COLUMNS,
    truncate: true,
    concurrent: channels,
  })
  await applyJob(client, topic, job, group)
  resetPeakRss(agent)
  const pids = [agent, endpoint.process.pid, controlPlane.process.pid]
  const before = pids.map(cpuSeconds)
  const startedMs = Date.now()
  const run = await waitForRun(client, await startRun(client, topic))
  if (run.state !== 'succeeded' || run.finishedAtMs === null) {
    throw new BenchError(`run ${run.runId} ${run.state}: ${JSON.stringify(run.error)}`)
  }
  const [agentCpu = 0, endpointCpu = 0, controlPlaneCpu = 0] = pids.map(
    (pid, i) => cpuSeconds(pid) - before[i]!,
  )
  return {
    records: run.rows,
    valueBytes: run.bytesRead,
    seconds: (run.finishedAtMs - startedMs) / 1000,
    cpuSeconds: agentCpu,
    peakRssBytes: peakRssBytes(agent),
    endpointCpuSeconds: endpointCpu,
    controlPlaneCpuSeconds: controlPlaneCpu,
    slices: run.slicesTotal,
  }
}
