import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Kafka, logLevel, type Message } from 'kafkajs'

import type { Cluster } from '../../agent/kafka/cluster.ts'
import { collectRecords, type PlainRecord } from '../../agent/kafka/collect-records.ts'
import { KafkaError } from '../../agent/kafka/errors.ts'
import { newReadProgress } from '../../agent/kafka/read-progress.ts'
import { readRange, type ReadOptions } from '../../agent/kafka/reader.ts'
import { CODECS, type RecordInput } from '../../agent/kafka/record-batch-writer.ts'
import { plainCluster, produce } from '../../dev/kafka/produce.ts'
import { freshTopic, sharedKafka, type TestKafka } from '../../dev/kafka/shared-broker.ts'
import { runKafkaTool } from '../../dev/kafka/tool.ts'

let kafka: TestKafka
let cluster: Cluster
let kafkajs: Kafka

before(async () => {
  kafka = await sharedKafka()
  cluster = plainCluster(kafka.bootstrap)
  kafkajs = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING })
})
after(() => cluster.close())

const text = (value: string) => Buffer.from(value)

/** Pins and reads the whole topic partition, as a plan and a slice would. */
async function readAll(topic: string, options: Partial<ReadOptions> = {}): Promise<PlainRecord[]> {
  const records: PlainRecord[] = []
  for await (const spans of await openAll(topic, options)) records.push(...collectRecords(spans))
  return records
}

async function openAll(topic: string, options: Partial<ReadOptions> = {}) {
  const { topicId } = await cluster.describeTopic(topic)
  const start = (await cluster.listOffsets(topic, { at: 'earliest' })).get(0)
  const end = (await cluster.listOffsets(topic, { at: 'lastStable' })).get(0)
  assert.ok(start && end)
  const range = { topic, topicPartition: 0, startOffset: start.offset, endOffset: end.offset }
  const pinned = { topicId, leaderEpoch: end.leaderEpoch }
  return readRange(cluster, range, { isolation: 'read_committed', pinned, ...options })
}

for (const codec of CODECS) {
  test(`${codec}: 20,000 records come out as they went in, in small and large batches`, async () => {
    const topic = await freshTopic(cluster)
    const started = Date.now() - 100_000
    const records = Array.from({ length: 20_000 }, (_, i): RecordInput => ({
      key: i % 3 === 0 ? null : text(`key-${i}`),
      value: i % 5 === 0 ? null : text(`value-${i}-${'x'.repeat(i % 400)}`),
      timestampMs: started + i,
    }))
    await produce(cluster, topic, 0, records.slice(0, 300), { codec, batchBytes: 1 })
    await produce(cluster, topic, 0, records.slice(300), { codec })
    const got = await readAll(topic)
    assert.equal(got.length, records.length)
    for (const [i, one] of got.entries()) {
      assert.equal(one.offset, i)
      assert.equal(one.timestampMs, started + i)
      assert.deepEqual(one.key, records[i]?.key ?? null)
      assert.deepEqual(one.value, records[i]?.value ?? null)
    }
  })
}

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`${codec}: what Kafka's own producer writes is read`, async () => {
    const topic = await freshTopic(cluster)
    const result = await runKafkaTool(
      'org.apache.kafka.tools.ProducerPerformance',
      [
        '--topic',
        topic,
        '--num-records',
        '5000',
        '--record-size',
        '300',
        '--throughput',
        '-1',
      ].concat([
        '--producer-props',
        `bootstrap.servers=${kafka.bootstrap}`,
        `compression.type=${codec}`,
      ]),
    )
    assert.equal(result.exitCode, 0, result.stderr)
    const got = await readAll(topic)
    assert.equal(got.length, 5_000)
    assert.ok(
      got.every(({ value }) => value !== null && /^[A-Z]{300}$/.test(value.toString('latin1'))),
    )
  })
}

test('headers keep their order, their duplicates and their nulls', async () => {
  const topic = await freshTopic(cluster)
  const headers = [
    ['a', text('1')],
    ['a', text('2')],
    ['empty', Buffer.alloc(0)],
    ['null', null],
    ['ключ', Buffer.of(0, 255)],
  ] as const
  await produce(cluster, topic, 0, [{ value: text('v'), headers }, { value: text('w') }])
  const [first, second] = await readAll(topic)
  assert.deepEqual(first?.headers, headers)
  assert.deepEqual(second?.headers, [])
})

test('null, empty and 8 MB values are told apart, and fetches smaller than a batch grow', async () => {
  const topic = await freshTopic(cluster)
  const large = Buffer.alloc(8 * 1024 * 1024, 'large')
  const records = [
    { value: null },
    { value: Buffer.alloc(0) },
    { value: large },
    { value: text('z') },
  ]
  await produce(cluster, topic, 0, records, { batchBytes: 1 })
  const got = await readAll(topic, { fetchBytesMax: 10_000 })
  assert.deepEqual(
    got.map(({ value }) => value?.length ?? null),
    [null, 0, large.length, 1],
  )
  assert.ok(got[2]?.value?.equals(large))
})

/** `c10,a20`: transactions of 10 committed and 20 aborted records, values `c…` and `a…`. */
async function transact(topic: string, transactionalId: string, pattern: string): Promise<void> {
  const producer = kafkajs.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    for (const step of pattern.split(',')) {
      const count = Number(step.slice(1))
      const transaction = await producer.transaction()
      const messages: Message[] = Array.from({ length: count }, (_, i) => ({
        key: Buffer.alloc(4),
        value: `${step[0]}${i}`,
      }))
      // One batch a record, so that markers and data mix in every answer.
      for (const message of messages) await transaction.send({ topic, messages: [message] })
      if (step.startsWith('c')) await transaction.commit()
      else await transaction.abort()
    }
  } finally {
    await producer.disconnect()
  }
}

test('of aborted transactions nothing is seen, whatever the size of an answer', async () => {
  for (const pattern of ['c10,a10,c10,a10,c10,a20,c5', 'c10,a50,c10']) {
    const topic = await freshTopic(cluster)
    await transact(topic, `tx-${topic}`, pattern)
    const committed = [...pattern.matchAll(/c(\d+)/g)].reduce((sum, one) => sum + Number(one[1]), 0)
    const aborted = [...pattern.matchAll(/a(\d+)/g)].reduce((sum, one) => sum + Number(one[1]), 0)
    for (const fetchBytesMax of [1_048_576, 15_000, 4_000, 1]) {
      const got = await readAll(topic, { fetchBytesMax })
      assert.equal(got.length, committed, `${pattern} by ${fetchBytesMax} bytes`)
      assert.ok(got.every(({ value }) => value?.toString().startsWith('c')))
    }
    const all = await readAll(topic, { isolation: 'read_uncommitted' })
    assert.equal(all.length, committed + aborted)
  }
})

test('two producers whose transactions overlap are told apart', async () => {
  const topic = await freshTopic(cluster)
  const [a, b] = ['a', 'b'].map((name) =>
    kafkajs.producer({
      transactionalId: `${name}-${topic}`,
      idempotent: true,
      maxInFlightRequests: 1,
    }),
  )
  assert.ok(a && b)
  await Promise.all([a.connect(), b.connect()])
  const [first, second] = [await a.transaction(), await b.transaction()]
  for (let i = 0; i < 5; i++) {
    await first.send({ topic, messages: [{ value: `a${i}` }] })
    await second.send({ topic, messages: [{ value: `b${i}` }] })
  }
  await first.abort()
  const third = await a.transaction()
  await third.send({ topic, messages: [{ value: 'a-later' }] })
  await third.commit()
  await second.commit()
  await Promise.all([a.disconnect(), b.disconnect()])
  const got = (await readAll(topic)).map(({ value }) => value?.toString())
  assert.deepEqual(got, ['b0', 'b1', 'b2', 'b3', 'b4', 'a-later'])
})

test('an open transaction holds the last stable offset, and the range that is pinned by it', async () => {
  const topic = await freshTopic(cluster)
  await produce(cluster, topic, 0, [{ value: text('before') }])
  const producer = kafkajs.producer({
    transactionalId: `open-${topic}`,
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: 'open' }] })
  assert.equal((await cluster.listOffsets(topic, { at: 'lastStable' })).get(0)?.offset, 1)
  assert.equal((await cluster.listOffsets(topic, { at: 'latest' })).get(0)?.offset, 2)
  assert.equal((await readAll(topic)).length, 1)
  await transaction.abort()
  await producer.disconnect()
})

test('a compacted topic is read to its end, and the offsets that are gone are counted', async () => {
  const topic = await freshTopic(cluster, 1, {
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.01',
    'max.compaction.lag.ms': '100',
  })
  const rounds = 40
  for (let round = 0; round < rounds; round++) {
    const records = Array.from({ length: 50 }, (_, i) => ({
      key: text(`k${i}`),
      value: text(`r${round}`),
      timestampMs: Date.now(),
    }))
    await produce(cluster, topic, 0, records)
  }
  const progress = newReadProgress()
  let got = await readAll(topic, { progress })
  const giveUpAt = performance.now() + 30_000
  while (got.length === rounds * 50) {
    assert.ok(performance.now() < giveUpAt, 'the cleaner never ran')
    await new Promise((wake) => setTimeout(wake, 200))
    // A segment is rolled by the record after it.
    await produce(cluster, topic, 0, [
      { key: text('tick'), value: text('t'), timestampMs: Date.now() },
    ])
    got = (await readAll(topic, { progress: Object.assign(progress, newReadProgress()) })).filter(
      ({ key }) => key?.toString() !== 'tick',
    )
  }
  assert.ok(progress.compactedOffsets > 0)
  const last = new Map(got.map(({ key, value }) => [key?.toString(), value?.toString()]))
  assert.equal(last.size, 50)
  assert.ok([...last.values()].every((value) => value === `r${rounds - 1}`))
  const offsets = got.map(({ offset }) => offset)
  assert.deepEqual(
    offsets,
    offsets.toSorted((a, b) => a - b),
  )
})

test('records deleted under a plan fail the read by name', async () => {
  const topic = await freshTopic(cluster)
  await produce(
    cluster,
    topic,
    0,
    Array.from({ length: 100 }, () => ({ value: text('v') })),
  )
  const reading = await openAll(topic)
  const admin = kafkajs.admin()
  await admin.connect()
  await admin.fetchTopicMetadata({ topics: [topic] }) // kafkajs deletes only where it knows the leader
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '60' }] })
  await admin.disconnect()
  await assert.rejects(reading.next(), (error) => {
    assert.ok(error instanceof KafkaError)
    assert.equal(error.code, 'OFFSET_OUT_OF_RANGE')
    assert.match(error.message, /begins at offset 60 now \(high watermark 100\).*took 60 offsets/)
    return true
  })
})

test('a topic deleted and made again is refused by its id', async () => {
  const topic = await freshTopic(cluster)
  const records = Array.from({ length: 10 }, () => ({ value: text('v') }))
  await produce(cluster, topic, 0, records)
  const reading = await openAll(topic)
  const { topicId } = await cluster.describeTopic(topic)
  await cluster.deleteTopic(topic)
  await cluster.createTopic({ topic, topicPartitions: 1, replicationFactor: 1, config: {} })
  await produce(cluster, topic, 0, records)
  await assert.rejects(reading.next(), { code: 'TOPIC_RECREATED' })
  await assert.rejects(cluster.assertSameTopic(topic, topicId), { code: 'TOPIC_RECREATED' })
})

test('the last: a broker restarted under a read costs no record and doubles none', async (t) => {
  const broker = kafka.process
  if (broker === null) {
    t.skip('KAFKA_BOOTSTRAP names a broker that is not ours to restart')
    return
  }
  const topic = await freshTopic(cluster)
  const count = 30_000
  const records = Array.from({ length: count }, (_, i) => ({ value: text(`v${i}`) }))
  await produce(cluster, topic, 0, records, { batchBytes: 2_000 })
  const progress = newReadProgress()
  let next = 0
  let restarted: Promise<void> | null = null
  for await (const spans of await openAll(topic, { fetchBytesMax: 20_000, progress })) {
    for (const { offset } of collectRecords(spans)) assert.equal(offset, next++)
    if (restarted === null && next > count / 3) {
      await broker.kill()
      restarted = broker.restart()
    }
  }
  await restarted
  assert.equal(next, count)
  assert.ok(progress.retries > 0)
})
