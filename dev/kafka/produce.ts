/**
 * Writes records to a topic, fast: for fixtures, the demo and the benchmark. Record batches are built
 * here and sent as they are; Kafka itself validates them. From the command line:
 *   dev/bin/run dev/kafka/produce.ts --bootstrap 127.0.0.1:9092 --topic t --records 200000 --bytes 200 --codec zstd
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { brokerError } from '../../agent/kafka/broker-errors.ts'
import { Cluster } from '../../agent/kafka/cluster.ts'
import { KafkaError } from '../../agent/kafka/errors.ts'
import {
  CODECS,
  encodeRecordBatch,
  type CodecName,
  type RecordInput,
} from '../../agent/kafka/record-batch-writer.ts'
import { produceCall } from '../../agent/kafka/requests/produce.ts'

const BATCH_BYTES_DEFAULT = 64 * 1024
/** Records a batch, also when they are tiny. */
const BATCH_RECORDS_MAX = 10_000
const PRODUCE_TIMEOUT_MS = 30_000
/** A new topic's leader may not have taken its place yet when Metadata names it already. */
const SENDS_MAX = 50
const RESEND_PAUSE_MS = 100

export interface ProduceOptions {
  readonly codec?: CodecName
  /** Uncompressed bytes of keys and values a record batch; one record is always sent. */
  readonly batchBytes?: number
}

export interface Produced {
  readonly records: number
  readonly bytes: number
  readonly seconds: number
  /** Of the first batch; -1 when there was no record. */
  readonly firstOffset: number
}

/** A cluster handle for a broker without authentication. Close it. */
export function plainCluster(bootstrap: string): Cluster {
  const bootstrapServers = bootstrap.split(',')
  return new Cluster({ bootstrapServers, clientId: 'sluice-dev', sasl: null, tls: null })
}

/** Appends the records, in order, to one topic partition. */
export async function produce(
  cluster: Cluster,
  topic: string,
  topicPartition: number,
  records: Iterable<RecordInput>,
  options: ProduceOptions = {},
): Promise<Produced> {
  const started = performance.now()
  const totals = { records: 0, bytes: 0, firstOffset: -1 }
  for (const batch of batches(records, options.batchBytes ?? BATCH_BYTES_DEFAULT)) {
    const bytes = encodeRecordBatch({ records: withTimes(batch), codec: options.codec ?? 'none' })
    const offset = await sendBatch(cluster, topic, topicPartition, bytes)
    if (totals.records === 0) totals.firstOffset = offset
    totals.records += batch.length
    for (const record of batch) totals.bytes += recordBytes(record)
  }
  return { ...totals, seconds: (performance.now() - started) / 1000 }
}

/** Now, where a record has no time: one of 1970 would fall to the topic's retention at once. */
function withTimes(records: readonly RecordInput[]): readonly RecordInput[] {
  const timestampMs = Date.now()
  return records.map((record) =>
    record.timestampMs === undefined ? { ...record, timestampMs } : record,
  )
}

/** Sends one record batch as it is; resolves with its base offset. Looks the leader up again when it moved. */
export async function sendBatch(
  cluster: Cluster,
  topic: string,
  topicPartition: number,
  batch: Buffer,
): Promise<number> {
  const where = { topic, topicPartition, bootstrap: cluster.bootstrap }
  const call = produceCall(topic, topicPartition, batch, PRODUCE_TIMEOUT_MS)
  for (let attempt = 1; ; attempt++) {
    const leader = await cluster.leaderOf(topic, topicPartition, attempt > 1)
    const { errorCode, errorMessage, baseOffset } = await cluster.send(leader.leaderId, call)
    if (errorCode === 0) return baseOffset
    const error = brokerError(errorCode, 'Produce', where)
    if (attempt < SENDS_MAX && error.retryable) {
      await sleep(RESEND_PAUSE_MS)
      continue
    }
    throw errorMessage === null ? error : new KafkaError(error.code, errorMessage, { where })
  }
}

function* batches(records: Iterable<RecordInput>, batchBytes: number): Generator<RecordInput[]> {
  let batch: RecordInput[] = []
  let bytes = 0
  for (const record of records) {
    const size = recordBytes(record)
    if (batch.length > 0 && (bytes + size > batchBytes || batch.length >= BATCH_RECORDS_MAX)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

const recordBytes = (record: RecordInput): number =>
  (record.key?.length ?? 0) + (record.value?.length ?? 0)

/** JSON-like ASCII values of exactly `bytes` bytes (at least 40), with rising times. */
export function* sampleRecords(
  count: number,
  bytes: number,
  timestampMs: number,
): Generator<RecordInput> {
  for (let i = 0; i < count; i++) {
    const head = `{"id":${i},"name":"user-${(i * 7919) % 9973}","text":"`
    const text = head.padEnd(Math.max(bytes, 40) - 2, LETTERS.slice(i % 26)) + '"}'
    yield { value: Buffer.from(text, 'latin1'), timestampMs: timestampMs + i }
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.repeat(2)

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: 'string', default: process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:9092' },
      topic: { type: 'string', default: 'demo' },
      partitions: { type: 'string', default: '1' },
      records: { type: 'string', default: '200000' },
      bytes: { type: 'string', default: '200' },
      codec: { type: 'string', default: 'none' },
    },
  })
  const codec = CODECS.find((name) => name === values.codec)
  if (codec === undefined) throw new Error(`--codec is one of ${CODECS.join(', ')}`)
  const cluster = plainCluster(values.bootstrap)
  const { topic } = values
  const topicPartitions = Number(values.partitions)
  const started = performance.now()
  try {
    await cluster
      .createTopic({ topic, topicPartitions, replicationFactor: 1, config: {} })
      .catch((error: unknown) => {
        if (!(error instanceof KafkaError) || error.code !== 'TOPIC_EXISTS') throw error
      })
    const each = Math.ceil(Number(values.records) / topicPartitions)
    for (let partition = 0; partition < topicPartitions; partition++) {
      const sample = sampleRecords(each, Number(values.bytes), Date.now() - each)
      await produce(cluster, topic, partition, sample, { codec })
    }
    const records = each * topicPartitions
    const seconds = (performance.now() - started) / 1000
    process.stdout.write(`${JSON.stringify({ topic, records, codec, seconds })}\n`)
  } finally {
    cluster.close()
  }
}
