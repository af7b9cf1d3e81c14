import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Kafka, logLevel } from 'kafkajs'

import type { Cluster } from '../../agent/kafka/cluster.ts'
import { plainCluster, produce } from '../../dev/kafka/produce.ts'
import { freshTopic, sharedKafka, type TestKafka } from '../../dev/kafka/shared-broker.ts'

let kafka: TestKafka
let cluster: Cluster

before(async () => {
  kafka = await sharedKafka()
  cluster = plainCluster(kafka.bootstrap)
})
after(() => cluster.close())

const value = Buffer.from('v')

test('a topic is described with its id, partitions and leaders', async () => {
  const topic = await freshTopic(cluster, 3)
  const description = await cluster.describeTopic(topic)
  assert.match(description.topicId ?? '', /^[\w-]{22}$/)
  assert.equal(description.internal, false)
  assert.deepEqual(
    description.topicPartitions.map(({ topicPartition }) => topicPartition),
    [0, 1, 2],
  )
  assert.ok(
    description.topicPartitions.every(
      ({ leaderId, leaderEpoch }) => leaderId >= 0 && leaderEpoch >= 0,
    ),
  )
})

test('a topic that does not exist is told so at once', async () => {
  await assert.rejects(cluster.describeTopic('no-such-topic'), { code: 'TOPIC_NOT_FOUND' })
  await assert.rejects(cluster.listOffsets('no-such-topic', { at: 'latest' }), {
    code: 'TOPIC_NOT_FOUND',
  })
})

test('a topic that exists is not made again', async () => {
  const topic = await freshTopic(cluster)
  const again = cluster.createTopic({ topic, topicPartitions: 1, replicationFactor: 1, config: {} })
  await assert.rejects(again, { code: 'TOPIC_EXISTS' })
})

test('offsets by time are the first at or after it, and -1 behind the last record', async () => {
  const topic = await freshTopic(cluster, 2)
  const from = Date.now() - 10_000
  const records = Array.from({ length: 10 }, (_, i) => ({ value, timestampMs: from + i * 10 }))
  await produce(cluster, topic, 0, records, { batchBytes: 1 })
  const at = async (timestampMs: number) => {
    const found = await cluster.listOffsets(topic, { at: 'time', timestampMs })
    return [found.get(0)?.offset, found.get(1)?.offset]
  }
  assert.deepEqual(await at(0), [0, -1])
  assert.deepEqual(await at(from + 31), [4, -1])
  assert.deepEqual(await at(from + 40), [4, -1])
  assert.deepEqual(await at(from + 91), [-1, -1])
})

test('start and end of the log are listed for the partitions asked for, with the leader epoch', async () => {
  const topic = await freshTopic(cluster, 3)
  await produce(cluster, topic, 1, [{ value }, { value }])
  const ends = await cluster.listOffsets(topic, { at: 'latest' }, [1, 2])
  assert.deepEqual(
    [...ends].map(([topicPartition, { offset }]) => [topicPartition, offset]),
    [
      [1, 2],
      [2, 0],
    ],
  )
  assert.equal(ends.get(1)?.leaderEpoch, 0)
  const epochs = await cluster.epochEnds(topic, [{ topicPartition: 1, leaderEpoch: 0 }])
  assert.deepEqual(epochs.get(1), { leaderEpoch: 0, endOffset: 2 })
})

test("a group's offsets are set from outside and read back, by us and by kafkajs", async () => {
  const topic = await freshTopic(cluster, 3)
  const group = `group-of-${topic}`
  assert.deepEqual(await cluster.fetchGroupOffsets(group, topic), new Map())
  const offsets = [
    { topicPartition: 0, offset: 7 },
    { topicPartition: 2, offset: 2 ** 40 },
  ]
  await cluster.commitGroupOffsets(group, topic, offsets)
  const committed = new Map([
    [0, 7],
    [2, 2 ** 40],
  ])
  assert.deepEqual(await cluster.fetchGroupOffsets(group, topic), committed)
  const admin = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const [seen] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
  await admin.disconnect()
  assert.deepEqual(
    seen?.partitions.map(({ offset }) => offset),
    ['7', '-1', String(2 ** 40)],
  )
})

test('the offsets of a group with live members are not overwritten', async () => {
  const topic = await freshTopic(cluster)
  const groupId = `live-${topic}`
  const consumer = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING }).consumer({
    groupId,
  })
  await consumer.connect()
  await consumer.subscribe({ topic })
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
  await consumer.run({ eachMessage: async () => {} })
  await joined
  await assert.rejects(
    cluster.commitGroupOffsets(groupId, topic, [{ topicPartition: 0, offset: 1 }]),
    {
      code: 'GROUP_ACTIVE',
    },
  )
  await consumer.disconnect()
})
