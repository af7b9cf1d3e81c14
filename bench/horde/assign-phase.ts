/** Real jobs with thousands of slices, run by the coordinator on the horde. */
import { setTimeout as sleep } from 'node:timers/promises'

import { jobJson } from '../../dev/local-system/job-json.ts'
import { cpuSeconds } from '../process-usage.ts'
import type { Horde } from './horde.ts'
import type { HordeOptions } from './options.ts'
import type { Progress } from './phases.ts'
import type { Plane } from './plane.ts'

const KAFKA = 'horde_kafka'
const MAXCOMPUTE = 'horde_maxcompute'
/** Most that a job may have in flight. */
const CONCURRENT = 32
/** Planning and opening sessions; afterwards only slices are handed out. */
const WARM_UP_MS = 10_000
/** What is expected of the control plane besides the slice's own time, for choosing that time. */
const OVERHEAD_MS = 15
const KILL_AT_ONCE = 8

export interface AssignFigures {
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Slices accepted a second, on average over the phase. */
  readonly perSecond: number
  readonly cpuPercent: number
  readonly hordeCpuPercent: number
}

/** How long a slice must take so that all jobs together come to the wanted rate. */
export function sliceMs({ jobs, rate }: HordeOptions): number {
  return Math.max(1, Math.round(((jobs * CONCURRENT) / rate) * 1000 - OVERHEAD_MS))
}

export function slicesPerRun({ assignSeconds, jobs, rate }: HordeOptions): number {
  return Math.min(19_000, Math.ceil(((assignSeconds + 30) * rate) / jobs))
}

export async function assignPhase(
  plane: Plane,
  horde: Horde,
  group: string,
  options: HordeOptions,
  progress: Progress,
): Promise<AssignFigures> {
  const { client, process: planeProcess } = plane
  const runs = await startRuns(plane, group, options.jobs)
  await sleep(WARM_UP_MS)
  const { pid } = planeProcess
  const startedMs = performance.now()
  const before = [horde.counts.assigned, cpuSeconds(pid), cpuSeconds(process.pid)] as const
  let elapsed = 0
  while (elapsed < options.assignSeconds) {
    await sleep(1_000)
    elapsed = (performance.now() - startedMs) / 1000
    progress(`assigning: ${JSON.stringify(await client.linkFigures())}`)
  }
  const figures = await client.linkFigures()
  elapsed = (performance.now() - startedMs) / 1000
  const result = {
    p50Ms: figures.assignP50Ms,
    p99Ms: figures.assignP99Ms,
    perSecond: (horde.counts.assigned - before[0]) / elapsed,
    cpuPercent: ((cpuSeconds(pid) - before[1]) / elapsed) * 100,
    hordeCpuPercent: ((cpuSeconds(process.pid) - before[2]) / elapsed) * 100,
  }
  for (let at = 0; at < runs.length; at += KILL_AT_ONCE) {
    await Promise.all(
      runs.slice(at, at + KILL_AT_ONCE).map((id) => client.killRun(id).catch(() => null)),
    )
  }
  return result
}

/** Nobody ever dials these addresses: see work-results.ts. */
async function startRuns({ client }: Plane, group: string, jobs: number): Promise<number[]> {
  await client.applyDatasource(KAFKA, {
    type: 'kafka',
    properties: {
      address: [{ host: 'kafka.invalid', port: 9092 }],
      securityProtocol: 'authTypeNone',
    },
  })
  await client.applyDatasource(MAXCOMPUTE, {
    type: 'odps',
    properties: {
      endpoint: 'http://maxcompute.invalid/api',
      tunnelServer: 'http://tunnel.invalid',
      project: 'horde',
      accessId: 'horde',
      accessKey: 'horde',
    },
  })
  const ids: number[] = []
  for (let no = 1; no <= jobs; no += 1) {
    const name = `horde_${no}`
    const job = jobJson({
      kafkaDatasource: KAFKA,
      maxComputeDatasource: MAXCOMPUTE,
      topic: name,
      table: name,
      columns: [['__value__', 'v']],
      truncate: false,
      concurrent: CONCURRENT,
    })
    await client.applyJob(name, JSON.stringify(job), group)
    ids.push((await client.startRun({ job: name }, name)).id)
  }
  return ids
}
