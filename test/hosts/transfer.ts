/** A topic with records, a table, and the job between them, slow enough for something to happen meanwhile. */
import assert from 'node:assert/strict'

import type { SliceShape } from '../../control-plane/api/shapes/run.ts'
import type { RunProgress } from '../../control-plane/run/run-port.ts'
import { checkRows } from '../../dev/local-system/check-rows.ts'
import { jobJson } from '../../dev/local-system/job-json.ts'
import { applyJob, startRun, waitForRun } from '../../dev/local-system/runs.ts'
import { runSql } from '../../dev/local-system/sql.ts'
import { createTopic, produceAll, topicRanges } from '../../dev/local-system/topic.ts'
import { until } from './until.ts'
import { DATASOURCES, type World } from './world.ts'

const TOPIC_PARTITIONS = 4
const RECORD_BYTES = 1_000
/** Each slice starts a worker; on two cores, with others. */
const ALL_RUN_TIMEOUT_MS = 120_000
const HELD: readonly string[] = ['assigned', 'running']
const OVER: readonly string[] = ['succeeded', 'failed', 'killed', 'held']
const COLUMNS: readonly (readonly [string, string])[] = [
  ['__value__', 'v'],
  ['__partition__', 'kafka_partition'],
  ['__offset__', 'kafka_offset'],
]

export interface TransferOptions {
  readonly group: string
  readonly records: number
  /** MiB a second of the whole job, which is about 1,000 records. */
  readonly mbps?: number
  readonly concurrent: number
}

export class Transfer {
  readonly #world: World
  readonly #options: TransferOptions
  readonly #topic: string
  readonly #table: string
  #runId = 0

  private constructor(world: World, options: TransferOptions, topic: string) {
    this.#world = world
    this.#options = options
    this.#topic = topic
    this.#table = topic.replaceAll('-', '_')
  }

  /** Needs an agent that is ready: the table is made through it. */
  static async create(world: World, options: TransferOptions): Promise<Transfer> {
    const transfer = new Transfer(world, options, world.newName('orders'))
    await transfer.#prepare()
    return transfer
  }

  get runId(): number {
    return this.#runId
  }

  get job(): string {
    return this.#table
  }

  async start(): Promise<void> {
    this.#runId = await startRun(this.#world.client, this.#table)
  }

  async slices(): Promise<readonly SliceShape[]> {
    return (await this.#world.client.runSlices(this.#runId)).items
  }

  progress(): Promise<RunProgress> {
    return this.#world.client.runProgress(this.#runId)
  }

  /** Resolves when so many slices run at once; with them. */
  async running(count: number): Promise<readonly SliceShape[]> {
    return until(
      `${count} slices of run ${this.#runId} run`,
      async () => {
        const { state, error } = await this.progress()
        assert.ok(!OVER.includes(state), `the run is ${state}: ${JSON.stringify(error)}`)
        // That an agent has accepted a slice is not stored.
        const running = (await this.slices()).filter(({ state }) => HELD.includes(state))
        return running.length >= count ? running : null
      },
      ALL_RUN_TIMEOUT_MS,
    )
  }

  /** Waits for the run's end, and counts in the table: every offset of the topic once. */
  async mustBeExact(): Promise<{ readonly rows: number }> {
    const { state, error } = await waitForRun(this.#world.client, this.#runId)
    assert.equal(state, 'succeeded', JSON.stringify(error))
    const target = this.#sqlTarget()
    const counts = await checkRows(target, {
      table: this.#table,
      partitionColumn: 'kafka_partition',
      offsetColumn: 'kafka_offset',
      ranges: await topicRanges(this.#world.kafkaBootstrap, this.#topic),
    })
    const { missing, duplicated, unexpected, rows } = counts
    const expected = { missing: 0, duplicated: 0, unexpected: 0, rows: this.#options.records }
    assert.deepEqual({ missing, duplicated, unexpected, rows }, expected)
    return { rows }
  }

  async #prepare(): Promise<void> {
    const { group, records, mbps, concurrent } = this.#options
    const { client, kafkaBootstrap } = this.#world
    await createTopic(kafkaBootstrap, this.#topic, { topicPartitions: TOPIC_PARTITIONS })
    await produceAll(kafkaBootstrap, this.#topic, recordsOf(records))
    const columns = 'v STRING, kafka_partition BIGINT, kafka_offset BIGINT'
    await runSql(this.#sqlTarget(), `CREATE TABLE ${this.#table} (${columns});`)
    const job = jobJson({
      kafkaDatasource: DATASOURCES.kafka,
      topic: this.#topic,
      maxComputeDatasource: DATASOURCES.maxCompute,
      table: this.#table,
      columns: COLUMNS,
      truncate: false,
      concurrent,
    }) as { setting: { speed: object } }
    if (mbps !== undefined) job.setting.speed = { throttle: true, mbps, concurrent }
    await applyJob(client, this.#table, job, group)
  }

  #sqlTarget(): Parameters<typeof runSql>[0] {
    const { client } = this.#world
    return { client, group: this.#options.group, datasource: DATASOURCES.maxCompute }
  }
}

function recordsOf(records: number): readonly { readonly value: Buffer }[][] {
  assert.equal(records % TOPIC_PARTITIONS, 0)
  const filler = 'x'.repeat(RECORD_BYTES - 24)
  return Array.from({ length: TOPIC_PARTITIONS }, (_, topicPartition) =>
    Array.from({ length: records / TOPIC_PARTITIONS }, (_, i) => ({
      value: Buffer.from(`${topicPartition}-${i}-${filler}`),
    })),
  )
}
