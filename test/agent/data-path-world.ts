/** A Kafka, a local MaxCompute and an executor, for the tests of the agent's data path. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Cluster } from '../../agent/kafka/cluster.ts'
import { createWorkExecutor, type ExecutorOptions } from '../../agent/work/executor.ts'
import type { WorkExecutor } from '../../agent/work/work-port.ts'
import { plainCluster } from '../../dev/kafka/produce.ts'
import { sharedKafka } from '../../dev/kafka/shared-broker.ts'
import {
  DEFAULT_CREDENTIALS,
  type LocalEndpoint,
  startLocalEndpoint,
} from '../../dev/maxcompute/endpoint.ts'
import { MaxComputeClient } from '../../maxcompute/client.ts'
import type { Row } from '../../maxcompute/tunnel/row-value.ts'
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { KafkaConnection } from '../../proto/gen/sluice/agent/v1/KafkaConnection.ts'
import type { LogLineInput } from '../../proto/gen/sluice/agent/v1/LogLine.ts'
import type { MaxComputeConnection } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { PlanResultInput } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { PlanSpec } from '../../proto/gen/sluice/agent/v1/PlanSpec.ts'
import type { ProgressInput } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import type { TableColumnInput } from '../../proto/gen/sluice/agent/v1/TableColumn.ts'

export const PROJECT = 'shop'

export interface Ran {
  readonly result: ResultInput
  readonly progress: readonly ProgressInput[]
  readonly logs: readonly LogLineInput[]
  readonly bulk: ReadonlyMap<string, string>
}

export class DataPathWorld {
  readonly cluster: Cluster
  readonly endpoint: LocalEndpoint
  readonly client: MaxComputeClient
  readonly executor: WorkExecutor
  readonly #bootstrap: string
  readonly #dataDir: string

  private constructor(
    bootstrap: string,
    endpoint: LocalEndpoint,
    dataDir: string,
    options: Partial<ExecutorOptions>,
  ) {
    this.#bootstrap = bootstrap
    this.#dataDir = dataDir
    this.endpoint = endpoint
    this.cluster = plainCluster(bootstrap)
    this.client = new MaxComputeClient({
      endpoint: `${endpoint.url}/api`,
      project: PROJECT,
      credentials: {
        accessKeyId: DEFAULT_CREDENTIALS.accessId,
        accessKeySecret: DEFAULT_CREDENTIALS.accessKey,
      },
    })
    this.executor = createWorkExecutor({ channels: 2, ...options })
  }

  static async start(options: Partial<ExecutorOptions> = {}): Promise<DataPathWorld> {
    const { bootstrap } = await sharedKafka()
    const dataDir = mkdtempSync(join(tmpdir(), 'sluice-data-path-'))
    const endpoint = await startLocalEndpoint({ dataDir, projects: [PROJECT] })
    return new DataPathWorld(bootstrap, endpoint, dataDir, options)
  }

  async stop(): Promise<void> {
    await this.executor.close()
    this.cluster.close()
    this.client.close()
    await this.endpoint.close()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }

  kafka(bootstrap = this.#bootstrap): KafkaConnection {
    return {
      bootstrapServers: [bootstrap],
      security: 'PLAINTEXT',
      saslMechanism: '',
      saslUsername: '',
      saslPassword: '',
      caPem: '',
      certPem: '',
      keyPem: '',
      keyPassword: '',
      verifyHostname: true,
    }
  }

  maxcompute(more: Partial<MaxComputeConnection> = {}): MaxComputeConnection {
    return {
      endpoint: `${this.endpoint.url}/api`,
      tunnelEndpoint: '',
      project: PROJECT,
      schema: '',
      region: '',
      accessId: DEFAULT_CREDENTIALS.accessId,
      accessKey: DEFAULT_CREDENTIALS.accessKey,
      securityToken: '',
      tunnelQuota: '',
      ...more,
    }
  }

  async sql(sql: string): Promise<void> {
    await this.client.runSql({ sql })
  }

  /** All rows of a SELECT; bytes as text. */
  async rows(sql: string): Promise<unknown[][]> {
    const { instanceId } = await this.client.runSql({ sql })
    const result = await this.client.openInstanceResult(instanceId)
    if (result.kind === 'text') throw new Error(`no rows: ${result.text}`)
    const rows: unknown[][] = []
    for await (const row of result.rows) rows.push(plain(row))
    return rows
  }

  start(assign: Partial<Assign>): { readonly ran: Promise<Ran>; cancel(reason: string): void } {
    const progress: ProgressInput[] = []
    const logs: LogLineInput[] = []
    const bulk = new Map<string, string>()
    const running = this.executor.start(
      { workId: 'run-1/work', attempt: 1, ...assign },
      {
        progress: (one) => progress.push(one),
        log: (line) => logs.push(line),
        deliverBulk: (id, body) => {
          bulk.set(id, Buffer.from(body).toString('utf8'))
          return Promise.resolve()
        },
      },
    )
    return {
      ran: running.result.then((result) => ({ result, progress, logs, bulk })),
      cancel: (reason) => running.cancel(reason),
    }
  }

  async run(assign: Partial<Assign>): Promise<Ran> {
    return this.start(assign).ran
  }

  planSpec(topic: string, table: string, more: Partial<PlanSpec> = {}): PlanSpec {
    return {
      kafka: this.kafka(),
      maxcompute: this.maxcompute(),
      topic,
      hasTopicPartition: false,
      topicPartition: 0,
      groupId: '',
      begin: { at: 'beginning', beginning: true },
      end: { at: 'logEnd', logEnd: true },
      ledger: [],
      autoOffsetReset: 'none',
      readCommitted: true,
      table,
      partitionSpec: [],
      columns: ['*'],
      readerColumnCount: 1,
      ledgerTopicId: '',
      ...more,
    }
  }

  /** `value` into a column `body`, of everything that the plan found. */
  sliceSpec(
    plan: PlanResultInput,
    session: { uploadId?: string; columns?: TableColumnInput[] },
    topic: string,
    table: string,
    more: Partial<SliceSpec> = {},
  ): SliceSpec {
    return {
      runId: 1,
      kafka: this.kafka(),
      maxcompute: this.maxcompute(),
      topic,
      topicId: plan.topicId ?? '',
      ranges: (plan.ranges ?? []).map((range) => ({
        topicPartition: range.topicPartition ?? 0,
        startOffset: Number(range.startOffset),
        endOffset: Number(range.endOffset),
        leaderEpoch: range.leaderEpoch ?? -1,
      })),
      readCommitted: true,
      table,
      partitionSpec: [],
      uploadId: session.uploadId ?? '',
      blockId: 0,
      readerColumns: [{ source: 'attribute', attribute: 'value' }],
      writerColumns: ['body'],
      sessionColumns: (session.columns ?? []).map((column) => ({
        name: column.name ?? '',
        type: column.type ?? '',
        nullable: column.nullable ?? true,
      })),
      keyType: 'string',
      valueType: 'string',
      encoding: 'utf-8',
      headerEncoding: 'utf-8',
      dataFormat: 'json',
      fieldDelimiter: '',
      timeZone: 'Asia/Shanghai',
      emptyAsNull: false,
      overLengthRule: '',
      maxFieldBytes: 0,
      compress: false,
      bytesPerSecond: 0,
      dirtyRecordsMax: 0,
      fetch: null,
      requestTriesMax: 0,
      ...more,
    }
  }
}

function plain(row: Row): unknown[] {
  return row.map((value) => (Buffer.isBuffer(value) ? value.toString('utf8') : value))
}
