import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { BROKER_ERROR } from './broker-errors.ts'
import { Cluster } from './cluster.ts'
import { collectRecords } from './collect-records.ts'
import { KafkaError, type KafkaErrorCode } from './errors.ts'
import {
  FAKE_TOPIC_ID,
  FakeCluster,
  OLD_VERSIONS,
  type FakeFetch,
  type FakeFetchAnswer,
  type FakeState,
} from './fake-cluster.ts'
import { newReadProgress } from './read-progress.ts'
import { readRange, type ReadOptions } from './reader.ts'
import { encodeRecordBatch } from './record-batch-writer.ts'

const PINNED = { topicId: FAKE_TOPIC_ID, leaderEpoch: 5 }

async function fakeCluster(t: TestContext, state: Partial<FakeState>, brokers = 1) {
  const fake = await new FakeCluster(state).start(brokers)
  const config = { bootstrapServers: [fake.bootstrap], clientId: 'test', sasl: null, tls: null }
  const cluster = new Cluster(config, { connectTimeoutMs: 2_000, requestTimeoutMs: 2_000 })
  t.after(async () => {
    cluster.close()
    await fake.stop()
  })
  const range = (startOffset: number, endOffset: number) => ({
    topic: 't',
    topicPartition: 0,
    startOffset,
    endOffset,
  })
  const spansOf = (start: number, end: number, options: Partial<ReadOptions> = {}) =>
    readRange(cluster, range(start, end), {
      isolation: 'read_committed',
      pinned: PINNED,
      ...options,
    })
  const read = async (start: number, end: number, options: Partial<ReadOptions> = {}) => {
    const offsets: number[] = []
    for await (const spans of spansOf(start, end, options)) {
      for (const { offset, value } of collectRecords(spans)) {
        assert.equal(value?.toString(), `v${offset}`)
        offsets.push(offset)
      }
    }
    return offsets
  }
  const fails = async (
    code: KafkaErrorCode,
    start: number,
    end: number,
    options: Partial<ReadOptions> = {},
  ) => {
    const error = await read(start, end, options).then(
      () => assert.fail('the read should fail'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof KafkaError, String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  return { fake, cluster, spansOf, read, fails }
}

function batchOf(baseOffset: number, count: number, epoch = 5): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    value: Buffer.from(`v${baseOffset + i}`),
  }))
  return encodeRecordBatch({ baseOffset, records, partitionLeaderEpoch: epoch })
}

/** Ten records an answer, from wherever is asked. */
const tens = ({ offset }: FakeFetch): FakeFetchAnswer => ({ records: batchOf(offset, 10) })
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

test('a range is read to its end over several answers, by topic id', async (t) => {
  const { fake, read } = await fakeCluster(t, { fetch: tens })
  const progress = newReadProgress()
  assert.deepEqual(await read(3, 48, { progress }), upTo(3, 48))
  assert.deepEqual(
    fake.fetches.map((fetch) => fetch.offset),
    [3, 13, 23, 33, 43],
  )
  assert.ok(
    fake.fetches.every(
      ({ version, topicId, leaderEpoch }) =>
        version === 13 && topicId === FAKE_TOPIC_ID && leaderEpoch === 5,
    ),
  )
  assert.equal(progress.records, 45)
  assert.equal(progress.nextOffset, 48)
  assert.equal(fake.sockets.size, 1)
})

test('an empty range asks nobody', async (t) => {
  const { fake, read } = await fakeCluster(t, { fetch: tens })
  assert.deepEqual(await read(5, 5), [])
  assert.equal(fake.sockets.size, 0)
})

test('brokers of Kafka 0.11 are read by Fetch v4', async (t) => {
  const { fake, read } = await fakeCluster(t, { fetch: tens, versions: OLD_VERSIONS })
  const pinned = { topicId: null, leaderEpoch: -1 }
  assert.deepEqual(await read(0, 25, { pinned }), upTo(0, 25))
  assert.ok(fake.fetches.every(({ version }) => version === 4))
})

test('the next fetch is under way while records are used, and no more than one', async (t) => {
  const { fake, spansOf } = await fakeCluster(t, { fetch: tens })
  const spans = spansOf(0, 1_000)
  await spans.next()
  while (fake.fetches.length < 2) await new Promise((wake) => setImmediate(wake))
  for (let i = 0; i < 50; i++) await new Promise((wake) => setImmediate(wake))
  assert.deepEqual(
    fake.fetches.map((fetch) => fetch.offset),
    [0, 10],
  )
  await spans.return(undefined)
})

test('a moved leader is found and the read goes on at the same offset', async (t) => {
  const { fake, read } = await fakeCluster(
    t,
    {
      fetch: (fetch) => {
        if (fetch.offset < 20 || fetch.brokerId === 1) return tens(fetch)
        fake.state.leaderId = 1
        fake.state.leaderEpoch = 6
        return { errorCode: BROKER_ERROR.NOT_LEADER_OR_FOLLOWER }
      },
    },
    2,
  )
  assert.deepEqual(await read(0, 40), upTo(0, 40))
  assert.deepEqual(
    fake.fetches.map(({ brokerId, offset, leaderEpoch }) => [brokerId, offset, leaderEpoch]),
    [
      [0, 0, 5],
      [0, 10, 5],
      [0, 20, 5],
      [1, 20, 6],
      [1, 30, 6],
    ],
  )
})

for (const fault of ['close', 'cut'] as const) {
  test(`a connection that ends (${fault}) is replaced, and no record comes twice`, async (t) => {
    let faults = 0
    const progress = newReadProgress()
    const { read } = await fakeCluster(t, {
      fetch: (fetch) => (fetch.offset === 20 && faults++ < 2 ? fault : tens(fetch)),
    })
    assert.deepEqual(await read(0, 50, { progress }), upTo(0, 50))
    assert.equal(progress.retries, 2)
  })
}

function flipped(batch: Buffer): Buffer {
  batch.writeUInt8(batch.readUInt8(batch.length - 2) ^ 0x10, batch.length - 2)
  return batch
}

test('a batch with a wrong checksum is read again once', async (t) => {
  let bad = 1
  const { fake, read } = await fakeCluster(t, {
    fetch: ({ offset }) => ({
      records: Buffer.concat([
        batchOf(offset, 5),
        bad-- > 0 ? flipped(batchOf(offset + 5, 5)) : batchOf(offset + 5, 5),
      ]),
    }),
  })
  const progress = newReadProgress()
  assert.deepEqual(await read(0, 30, { progress }), upTo(0, 30))
  assert.equal(progress.retries, 1)
  assert.ok(fake.fetches.some((fetch) => fetch.offset === 5))
})

test('a wrong checksum twice fails the range with the place', async (t) => {
  const { fails } = await fakeCluster(t, {
    fetch: ({ offset }) => ({
      records: offset === 20 ? flipped(batchOf(20, 10)) : batchOf(offset, 10),
    }),
  })
  const error = await fails('CORRUPT_BATCH', 0, 50)
  assert.equal(error.where.offset, 20)
  assert.equal(error.where.topicPartition, 0)
  assert.equal(error.retryable, false)
  assert.match(error.message, /read twice/)
})

test('offsets that retention took are named with what the log holds', async (t) => {
  const { fails } = await fakeCluster(t, {
    logStart: 30,
    logEnd: 90,
    fetch: () => ({ errorCode: BROKER_ERROR.OFFSET_OUT_OF_RANGE }),
  })
  const error = await fails('OFFSET_OUT_OF_RANGE', 10, 50)
  assert.match(error.message, /begins at offset 30 now \(high watermark 90\).* took 20 offsets/)
  assert.equal(error.retryable, false)
})

test('a log that ends before the position was truncated', async (t) => {
  const { fails } = await fakeCluster(t, {
    logEnd: 5,
    fetch: () => ({ errorCode: BROKER_ERROR.OFFSET_OUT_OF_RANGE }),
  })
  assert.match((await fails('OFFSET_OUT_OF_RANGE', 10, 50)).message, /ends at offset 5 now/)
})

test('out of range of an offset that the log holds is a leader in motion: asked again', async (t) => {
  let refused = 0
  const { read } = await fakeCluster(t, {
    fetch: (fetch) =>
      refused++ === 0 ? { errorCode: BROKER_ERROR.OFFSET_OUT_OF_RANGE } : tens(fetch),
  })
  assert.deepEqual(await read(0, 10), upTo(0, 10))
})

test('a topic made again is refused before anything is read', async (t) => {
  const { fake, fails } = await fakeCluster(t, { fetch: tens })
  fake.state.topicId = 'AAAAAAAAAAAAAAAAAAAAAg'
  const error = await fails('TOPIC_RECREATED', 0, 10)
  assert.equal(fake.fetches.length, 0)
  assert.match(error.message, /AAAAAAAAAAAAAAAAAAAAAg/)
})

test('a topic made again while it was read fails the read at its end', async (t) => {
  const { fake, fails } = await fakeCluster(t, {
    fetch: (fetch) => {
      if (fetch.offset === 10) fake.state.topicId = 'AAAAAAAAAAAAAAAAAAAAAg'
      return tens(fetch)
    },
  })
  await fails('TOPIC_RECREATED', 0, 20)
})

test('a log truncated below the end of the range fails the read', async (t) => {
  const { fake, fails } = await fakeCluster(t, { fetch: tens, olderEpochEnd: 15 })
  fake.state.leaderEpoch = 7
  assert.match((await fails('LOG_TRUNCATED', 0, 20)).message, /ends at offset 15/)
})

test('a new leader epoch without truncation passes', async (t) => {
  const { read } = await fakeCluster(t, { fetch: tens, leaderEpoch: 7, olderEpochEnd: 20 })
  assert.deepEqual(await read(0, 20), upTo(0, 20))
})

test('records written in a later epoch than the pinned one are a truncated log', async (t) => {
  const { fails } = await fakeCluster(t, {
    fetch: ({ offset }) => ({ records: batchOf(offset, 10, 6) }),
  })
  await fails('LOG_TRUNCATED', 0, 20)
})

test('a throttled broker is left alone for as long as it asks', async (t) => {
  let throttled = 0
  const { fake, read } = await fakeCluster(t, {
    fetch: (fetch) => (throttled++ === 0 ? { throttleMs: 80 } : tens(fetch)),
  })
  // The time asked for does not count as lack of progress.
  assert.deepEqual(await read(0, 10, { noProgressMs: 60 }), upTo(0, 10))
  const [first, second] = fake.fetches
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 79)
})

test('a first batch that is cut off is asked for with as many bytes as it has', async (t) => {
  const large = encodeRecordBatch({
    records: [{ value: Buffer.alloc(50_000, 'x') }],
    partitionLeaderEpoch: 5,
  })
  const { fake, spansOf } = await fakeCluster(t, {
    fetch: ({ maxBytes }) => ({ records: large.subarray(0, Math.min(maxBytes, large.length)) }),
  })
  let bytes = 0
  for await (const spans of spansOf(0, 1, { fetchBytesMax: 1_000 }))
    bytes += spans.valueLengths[0] ?? 0
  assert.equal(bytes, 50_000)
  assert.deepEqual(
    fake.fetches.map((fetch) => fetch.maxBytes),
    [1_000, large.length],
  )
})

test('a batch above the limit is refused, cut off or whole', async (t) => {
  const large = batchOf(0, 5_000)
  const { fake, fails } = await fakeCluster(t, {
    fetch: ({ maxBytes }) => ({ records: large.subarray(0, maxBytes) }),
  })
  await fails('BATCH_TOO_LARGE', 0, 10, { fetchBytesMax: 1_000, batchBytesMax: 10_000 })
  fake.state.fetch = () => ({ records: large })
  await fails('BATCH_TOO_LARGE', 0, 10, { fetchBytesMax: 1_000, batchBytesMax: 10_000 })
})

test('an answer of two gigabytes is refused when it is announced', async (t) => {
  const { fails } = await fakeCluster(t, { fetch: () => 'huge' })
  assert.match((await fails('BATCH_TOO_LARGE', 0, 10)).message, /2147483647 bytes/)
})

test('empty answers are waited out, then told with what can be read', async (t) => {
  const { fails } = await fakeCluster(t, { fetch: () => ({ lastStableOffset: 7 }) })
  const error = await fails('NO_PROGRESS', 7, 10, { noProgressMs: 40 })
  assert.match(error.message, /nothing at offset 7; readable up to 7/)
  assert.equal(error.retryable, true)
})

test('empty answers are not taken for the end of the range', async (t) => {
  let empty = 3
  const { read } = await fakeCluster(t, { fetch: (fetch) => (empty-- > 0 ? {} : tens(fetch)) })
  assert.deepEqual(await read(0, 10), upTo(0, 10))
})

test('a cancelled read ends at once although the broker is silent', async (t) => {
  const abort = new AbortController()
  const { fake, fails } = await fakeCluster(t, {
    fetch: () => {
      setImmediate(() => abort.abort())
      return 'hang'
    },
  })
  await fails('CANCELLED', 0, 10, { signal: abort.signal })
  while (fake.sockets.size > 0) await new Promise((wake) => setImmediate(wake))
})

test('a reader that its caller leaves closes the connection that has a fetch under way', async (t) => {
  const { fake, spansOf } = await fakeCluster(t, {
    fetch: (fetch) => (fetch.offset === 0 ? tens(fetch) : 'hang'),
  })
  for await (const spans of spansOf(0, 100)) {
    assert.equal(spans.count, 10)
    break
  }
  while (fake.sockets.size > 0) await new Promise((wake) => setImmediate(wake))
})

test('a user who may not read the topic is told so at once', async (t) => {
  const { fake, fails } = await fakeCluster(t, {
    fetch: () => ({ errorCode: BROKER_ERROR.TOPIC_AUTHORIZATION_FAILED }),
  })
  const error = await fails('NOT_AUTHORIZED', 0, 10)
  assert.match(error.message, /grant the user READ/)
  assert.equal(fake.fetches.length, 1)
})

test('message formats before Kafka 0.11 are refused with the offset', async (t) => {
  const old = batchOf(0, 3)
  old.writeInt8(1, 16)
  const { fails } = await fakeCluster(t, { fetch: () => ({ records: old }) })
  assert.equal((await fails('UNSUPPORTED_FORMAT', 0, 10)).where.topic, 't')
})

test('aborted transactions are dropped by the list of each answer', async (t) => {
  const transactional = (baseOffset: number) =>
    encodeRecordBatch({
      baseOffset,
      records: [{ value: Buffer.from(`v${baseOffset}`) }],
      producerId: 9,
      transactional: true,
      partitionLeaderEpoch: 5,
    })
  const { read } = await fakeCluster(t, {
    fetch: ({ offset }) => ({
      records: transactional(offset),
      // Even offsets: the answer says that the producer's transaction, begun before, was aborted.
      aborted: offset % 2 === 0 ? [{ producerId: 9, firstOffset: Math.max(0, offset - 4) }] : [],
    }),
  })
  assert.deepEqual(await read(0, 6), [1, 3, 5])
  assert.deepEqual(await read(0, 6, { isolation: 'read_uncommitted' }), upTo(0, 6))
})
