/**
 * One chaos run: starts the whole system, runs a job on several agents while faults hit everything,
 * and counts (topic partition, offset) in the table. What it says comes from the table and from
 * Kafka, never from Sluice's own counters.
 */
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { newTestDataDir } from '../../control-plane/store/test-store.ts'
import { checkRows } from '../../dev/local-system/check-rows.ts'
import { registerDataSources } from '../../dev/local-system/data-sources.ts'
import { jobJson } from '../../dev/local-system/job-json.ts'
import { applyJob, startRun, waitForRun } from '../../dev/local-system/runs.ts'
import { runSql } from '../../dev/local-system/sql.ts'
import { startLocalSystem, type LocalSystem } from '../../dev/local-system/start-local-system.ts'
import { createTopic, produceAll, topicRanges } from '../../dev/local-system/topic.ts'
import { seededRandom } from '../../lib/seeded-random.ts'
import { describeFault, planFaults, type PlannedFault } from './fault-plan.ts'
import { injectFaults } from './inject.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly records: number
  readonly agents: number
}

export interface ChaosOutcome {
  readonly seed: number
  readonly rows: number
  readonly lost: number
  readonly duplicated: number
  readonly notFinished: number
  readonly seconds: number
  /** Of it, until every process was ready. */
  readonly startSeconds: number
  readonly faults: readonly string[]
  /** Why a run did not finish, or what else is to be looked into; null: nothing. */
  readonly problem: string | null
  /** Kept when there is a problem: logs and state. */
  readonly stateDir: string
}

const LEASE_MS = 3_000
const TOPIC = 'orders'
const TABLE = 'orders'
const JOB = 'orders_to_maxcompute'
const TOPIC_PARTITIONS = 4
const SLICE_BYTES_MAX = 200_000
const RECORD_BYTES = 100
/** Slows the job down, so that faults hit it in the middle; MB/s of the whole job. */
const THROTTLE_MBPS = 1
const RUN_TIMEOUT_MS = 150_000
/** Chance of a second run from the ledger's end, over more records. */
const SECOND_RUN_CHANCE = 0.35
const SOURCES = { kafka: 'kafka_chaos', maxCompute: 'odps_chaos' }

export async function chaosRun(options: ChaosOptions): Promise<ChaosOutcome> {
  const startedMs = performance.now()
  const random = seededRandom(options.seed)
  const stateDir = mkdtempSync(join(tmpdir(), `sluice-chaos-${options.seed}-`))
  const faults: string[] = []
  // Initialising an embedded store takes seconds of processor time that are no part of the test.
  renameSync(await newTestDataDir(), join(stateDir, 'control-plane'))
  const system = await startLocalSystem({
    stateDir,
    agents: options.agents,
    kafkaBootstrap: null,
    kafkaHeapMb: 256,
    fastStart: true,
    faults: true,
    leaseMs: LEASE_MS,
    sliceBytesMax: SLICE_BYTES_MAX,
  })
  const startSeconds = (performance.now() - startedMs) / 1000
  let problem: string | null = null
  let counts = { rows: 0, missing: 0, duplicated: 0, unexpected: 0 }
  try {
    await prepare(system, options)
    problem = await oneRun(system, options, random, faults)
    if (problem === null && random() < SECOND_RUN_CHANCE) {
      await produce(system, Math.floor(options.records / 2), 1)
      problem = await oneRun(system, options, random, faults)
    }
    counts = await count(system)
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    await system.stop()
  }
  const { rows, missing, duplicated, unexpected } = counts
  const wrong = missing + duplicated + unexpected > 0
  if (problem === null && !wrong) rmSync(stateDir, { recursive: true, force: true })
  return {
    seed: options.seed,
    rows,
    // What a run that did not finish has not written is not lost.
    lost: problem === null ? missing : 0,
    duplicated: duplicated + unexpected,
    notFinished: problem === null ? 0 : 1,
    seconds: (performance.now() - startedMs) / 1000,
    startSeconds,
    faults,
    problem,
    stateDir,
  }
}

async function prepare(system: LocalSystem, options: ChaosOptions): Promise<void> {
  await createTopic(system.kafka.bootstrap, TOPIC, { topicPartitions: TOPIC_PARTITIONS })
  await produce(system, options.records, 0)
  await registerDataSources(system, SOURCES)
  const columns = 'v STRING, kafka_partition BIGINT, kafka_offset BIGINT'
  await runSql(target(system), `CREATE TABLE ${TABLE} (${columns});`)
  const job = jobJson({
    kafkaDatasource: SOURCES.kafka,
    topic: TOPIC,
    maxComputeDatasource: SOURCES.maxCompute,
    table: TABLE,
    columns: [
      ['__value__', 'v'],
      ['__partition__', 'kafka_partition'],
      ['__offset__', 'kafka_offset'],
    ],
    truncate: false,
    concurrent: 4,
    reader: { beginType: 'ledger', endType: 'latest', groupId: 'chaos' },
  }) as { setting: { speed: object } }
  job.setting.speed = { throttle: true, mbps: THROTTLE_MBPS, concurrent: 4 }
  await applyJob(system.client, JOB, job, system.group)
}

/** Null when the run succeeded. */
async function oneRun(
  system: LocalSystem,
  options: ChaosOptions,
  random: () => number,
  told: string[],
): Promise<string | null> {
  const runMs = ((options.records * RECORD_BYTES) / (THROTTLE_MBPS * 1_000_000)) * 1_000
  const faults: PlannedFault[] = planFaults(random, {
    agents: options.agents,
    leaseMs: LEASE_MS,
    runMs,
  })
  told.push(...faults.map(describeFault))
  const runId = await startRun(system.client, JOB)
  let over = false
  const waited = waitForRun(system.client, runId, { timeoutMs: RUN_TIMEOUT_MS }).finally(() => {
    over = true
  })
  const [run] = await Promise.all([waited, injectFaults(system, runId, faults, () => over)])
  if (run.state === 'succeeded') return null
  return `run ${runId} ended as ${run.state}: ${JSON.stringify(run.error)}`
}

async function produce(system: LocalSystem, records: number, round: number): Promise<void> {
  const filler = 'x'.repeat(RECORD_BYTES - 24)
  const each = Math.floor(records / TOPIC_PARTITIONS)
  const partitions = Array.from({ length: TOPIC_PARTITIONS }, (_, topicPartition) =>
    Array.from({ length: each }, (_, i) => ({
      key: Buffer.from(String(i)),
      value: Buffer.from(`${round}-${topicPartition}-${i}-${filler}`),
      // Kafka's retention looks at it.
      timestampMs: Date.now(),
    })),
  )
  await produceAll(system.kafka.bootstrap, TOPIC, partitions)
}

function target(system: LocalSystem): Parameters<typeof runSql>[0] {
  return { client: system.client, group: system.group, datasource: SOURCES.maxCompute }
}

async function count(system: LocalSystem): Promise<Awaited<ReturnType<typeof checkRows>>> {
  await fetch(`${system.endpoint.tunnelUrl}/__faults`, { method: 'DELETE' })
  return checkRows(target(system), {
    table: TABLE,
    partitionColumn: 'kafka_partition',
    offsetColumn: 'kafka_offset',
    ranges: await topicRanges(system.kafka.bootstrap, TOPIC),
  })
}
