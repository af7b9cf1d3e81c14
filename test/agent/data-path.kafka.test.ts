/** The agent's data path on a real Kafka and the local MaxCompute: from plan to commit. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { produce, sampleRecords } from '../../dev/kafka/produce.ts'
import { freshTopic } from '../../dev/kafka/shared-broker.ts'
import type { OpenResultInput } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PlanResultInput } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { PlanSpec } from '../../proto/gen/sluice/agent/v1/PlanSpec.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import { startCuttingProxy } from './cutting-proxy.ts'
import { DataPathWorld, type Ran } from './data-path-world.ts'

let world: DataPathWorld
before(async () => {
  world = await DataPathWorld.start()
})
after(() => world.stop())

let tables = 0
async function freshTable(columns = 'body STRING', rest = ''): Promise<string> {
  const table = `t${++tables}`
  await world.sql(`CREATE TABLE ${table} (${columns}) ${rest}`)
  return table
}

const texts = (...values: (string | null)[]) =>
  values.map((value) => ({ value: value === null ? null : Buffer.from(value) }))

async function plan(spec: PlanSpec): Promise<PlanResultInput> {
  const { result } = await world.run({ plan: spec })
  assert.ok(result.plan, JSON.stringify(result.error))
  return result.plan
}

async function open(
  table: string,
  more: { overwrite?: boolean; preSql?: string[]; partition?: string } = {},
): Promise<OpenResultInput> {
  const { overwrite = false, preSql = [], partition } = more
  const partitionSpec = partition === undefined ? [] : [{ name: 'pt', value: partition }]
  const spec = { maxcompute: world.maxcompute(), table, partitionSpec, overwrite, preSql }
  const { result } = await world.run({ open: spec })
  assert.ok(result.open, JSON.stringify(result.error))
  return result.open
}

async function complete(
  table: string,
  uploadId: string,
  blockIds: number[],
  postSql: string[] = [],
) {
  const { result } = await world.run({
    complete: {
      maxcompute: world.maxcompute(),
      table,
      partitionSpec: [],
      uploadId,
      blockIds,
      postSql,
    },
  })
  assert.ok(result.complete, JSON.stringify(result.error))
  return result.complete
}

async function stage(
  topic: string,
  table: string,
  more: Partial<SliceSpec> = {},
  planMore: Partial<PlanSpec> = {},
): Promise<Ran & { readonly uploadId: string }> {
  const columnCount = more.writerColumns?.length ?? 1
  const columns = more.writerColumns ?? ['body']
  const planned = await plan(
    world.planSpec(topic, table, { columns, readerColumnCount: columnCount, ...planMore }),
  )
  const session = await open(table)
  const ran = await world.run({ slice: world.sliceSpec(planned, session, topic, table, more) })
  return { ...ran, uploadId: session.uploadId ?? '' }
}

describe('a run', () => {
  it('moves every record of all topic partitions into the table, and nothing is visible before', async () => {
    const topic = await freshTopic(world.cluster, 3)
    const table = await freshTable('koffset BIGINT, body STRING, kpart INT, kts DATETIME')
    for (const partition of [0, 1, 2]) {
      await produce(world.cluster, topic, partition, sampleRecords(5_000, 100, 1_700_000_000_000), {
        codec: partition === 1 ? 'zstd' : 'none',
      })
    }
    const attribute = (name: string) => ({ source: 'attribute' as const, attribute: name })
    const { result, uploadId, progress } = await stage(topic, table, {
      readerColumns: ['value', 'offset', 'partition', 'timestamp'].map(attribute),
      writerColumns: ['BODY', 'koffset', 'kpart', 'kts'],
      compress: true,
    })
    assert.equal(result.slice?.rows, 15_000, JSON.stringify(result.error))
    assert.ok(progress.length > 0)
    assert.deepEqual(await world.rows(`SELECT count(*) FROM ${table}`), [[0n]])
    const verify = await world.run({
      verify: {
        maxcompute: world.maxcompute(),
        kafka: world.kafka(),
        table,
        partitionSpec: [],
        uploadId,
        topic,
        topicId: '',
      },
    })
    assert.deepEqual(verify.result.verify, { sessionStatus: 'normal', blockIds: [0] })
    assert.equal((await complete(table, uploadId, [0])).outcome, 'COMMITTED')
    const summary = await world.rows(
      `SELECT kpart, count(*), min(koffset), max(koffset), count(DISTINCT koffset) FROM ${table} GROUP BY kpart ORDER BY kpart`,
    )
    assert.deepEqual(
      summary,
      [0, 1, 2].map((part) => [part, 5_000n, 0n, 4_999n, 5_000n]),
    )
    const [row] = await world.rows(`SELECT body, kts FROM ${table} WHERE koffset = 7 AND kpart = 1`)
    assert.match(String(row![0]), /^\{"id":7,/)
    assert.deepEqual(row![1], new Date(1_700_000_000_007))
  })

  it('may complete its session again, and again it is COMMITTED', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, texts('a', 'b'))
    const { uploadId } = await stage(topic, table)
    const failing = ['SELECT * FROM no_such_table']
    const first = await complete(table, uploadId, [0], failing)
    assert.equal(first.outcome, 'COMMITTED')
    assert.match(first.notes?.[0] ?? '', /rows are committed, but postSql failed/)
    assert.equal((await complete(table, uploadId, [0])).outcome, 'COMMITTED')
    assert.deepEqual(await world.rows(`SELECT count(*) FROM ${table}`), [[2n]])
  })

  it('does not complete a session whose blocks are not the expected ones, nor one that is unknown', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, texts('a'))
    const { uploadId } = await stage(topic, table)
    const missing = await complete(table, uploadId, [0, 1])
    assert.equal(missing.outcome, 'UNKNOWN')
    assert.match(missing.evidence ?? '', /missing blocks: 1/)
    const unknown = await complete(table, 'no-such-upload', [0])
    assert.equal(unknown.outcome, 'UNKNOWN')
    assert.deepEqual(await world.rows(`SELECT count(*) FROM ${table}`), [[0n]])
  })

  it('writes no block when there is no row', async () => {
    const topic = await freshTopic(world.cluster, 2)
    const table = await freshTable()
    const { result, uploadId } = await stage(topic, table)
    assert.equal(result.slice?.rows, 0)
    assert.equal((await complete(table, uploadId, [])).outcome, 'COMMITTED')
  })

  it('overwrites a partition that it creates, when it is committed and not before', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable('body STRING', 'PARTITIONED BY (pt STRING)')
    await world.sql(`INSERT INTO ${table} PARTITION (pt='d1') VALUES ('old')`)
    await produce(world.cluster, topic, 0, texts('new'))
    const partitionSpec = [{ name: 'pt', value: 'd1' }]
    const planned = await plan(world.planSpec(topic, table, { partitionSpec, columns: ['body'] }))
    const session = await open(table, { overwrite: true, partition: 'd1' })
    const slice = world.sliceSpec(planned, session, topic, table, { partitionSpec })
    assert.equal((await world.run({ slice })).result.slice?.rows, 1)
    assert.deepEqual(await world.rows(`SELECT body FROM ${table}`), [['old']])
    const { result } = await world.run({
      complete: {
        maxcompute: world.maxcompute(),
        table,
        partitionSpec,
        uploadId: session.uploadId!,
        blockIds: [0],
        postSql: [],
      },
    })
    assert.equal(result.complete?.outcome, 'COMMITTED')
    assert.deepEqual(await world.rows(`SELECT body FROM ${table}`), [['new']])
  })

  it('runs preSql, and truncates first where the table forbids overwriting sessions', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable('body STRING', "TBLPROPERTIES ('transactional'='true')")
    await world.sql(`INSERT INTO ${table} VALUES ('old')`)
    await produce(world.cluster, topic, 0, texts('new'))
    const planned = await plan(world.planSpec(topic, table))
    const made = await freshTable()
    const preSql = [`INSERT INTO ${made} VALUES ('by preSql')`]
    const session = await open(table, { overwrite: true, preSql })
    assert.match(session.notes?.[0] ?? '', /truncated first/)
    assert.deepEqual(await world.rows(`SELECT body FROM ${made}`), [['by preSql']])
    await world.run({ slice: world.sliceSpec(planned, session, topic, table) })
    assert.equal((await complete(table, session.uploadId!, [0])).outcome, 'COMMITTED')
    assert.deepEqual(await world.rows(`SELECT body FROM ${table}`), [['new']])
    const failing = await world.run({
      open: {
        maxcompute: world.maxcompute(),
        table,
        partitionSpec: [],
        overwrite: false,
        preSql: ['SELECT * FROM no_such_table'],
      },
    })
    assert.equal(failing.result.error?.code, 'SQL_FAILED')
    assert.match(failing.result.error.message ?? '', /^preSql failed/)
  })

  it('publishes the group offsets, which the next run then begins at', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, texts('a', 'b', 'c'))
    const groupId = `group-${topic}`
    const published = await world.run({
      publish: {
        kafka: world.kafka(),
        groupId,
        topic,
        offsets: [{ topicPartition: 0, offset: 2 }],
      },
    })
    assert.deepEqual(published.result.publish, {})
    const begin = { at: 'groupOffset', groupOffset: true } as const
    const planned = await plan(world.planSpec(topic, table, { groupId, begin }))
    assert.deepEqual(
      planned.ranges?.map((range) => [range.startOffset, range.endOffset]),
      [[2, 3]],
    )
  })
})

describe('a slice', () => {
  it('takes JSON columns by records where Arrow cannot, and counts and keeps dirty ones', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable('id BIGINT, tags ARRAY<STRING>, price DECIMAL(10,2)')
    await produce(world.cluster, topic, 0, [
      ...texts('{"id":9007199254740993,"tags":["x",null],"p":{"net":12.50}}'),
      ...texts('oops', '{"id":1,"p":{"net":12345678901.1}}', '{"id":2,"tags":[]}'),
    ])
    const json = (...keys: string[]) => ({ source: 'jsonPath' as const, jsonPath: { keys } })
    const { result, uploadId } = await stage(topic, table, {
      readerColumns: [json('id'), json('tags'), json('p', 'net')],
      writerColumns: ['id', 'tags', 'price'],
      dirtyRecordsMax: 2,
    })
    assert.equal(result.slice?.rows, 2, JSON.stringify(result.error))
    assert.equal(result.slice.dirtyRecords, 2)
    assert.deepEqual(
      result.slice.dirty?.map((one) => [one.offset, one.column]),
      [
        [1, ''],
        [2, 'price'],
      ],
    )
    await complete(table, uploadId, [0])
    const rows = await world.rows(`SELECT id, tags, price FROM ${table} ORDER BY id`)
    assert.equal(rows.length, 2)
    assert.equal(rows[1]![0], 9007199254740993n)
  })

  it('stops when its dirty records exceed the limit, and names the first one', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable('n BIGINT')
    await produce(world.cluster, topic, 0, texts('1', 'two', 'three'))
    const { result } = await stage(topic, table, { writerColumns: ['n'], dirtyRecordsMax: 1 })
    assert.equal(result.error?.code, 'DIRTY_LIMIT_EXCEEDED')
    assert.equal(result.error.where?.['offset'], '1')
    assert.match(result.error.message ?? '', /2 dirty records.*allows 1.*column n/)
    assert.deepEqual(
      result.error.dirty?.map((one) => [
        one.offset,
        one.column,
        Buffer.from(one.rawValue ?? '').toString(),
      ]),
      [
        [1, 'n', 'two'],
        [2, 'n', 'three'],
      ],
    )
  })

  it('sends its block again when the PUT is cut off, with the same rows', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, sampleRecords(20_000, 200, 1_700_000_000_000))
    const proxy = await startCuttingProxy(world.endpoint.port)
    try {
      proxy.cut('PUT /', 1_000_000, 2)
      const maxcompute = world.maxcompute({ tunnelEndpoint: `http://127.0.0.1:${proxy.port}` })
      const { result, logs, uploadId } = await stage(topic, table, { maxcompute })
      assert.equal(proxy.cuts, 2)
      assert.equal(result.slice?.rows, 20_000, JSON.stringify(result.error))
      assert.equal(logs.filter((line) => line.level === 'warn').length, 2)
      await complete(table, uploadId, [0])
      assert.deepEqual(await world.rows(`SELECT count(*) FROM ${table}`), [[20_000n]])
    } finally {
      await proxy.close()
    }
  })

  it('gives up after its tries and says that it may be tried elsewhere; the server has no block', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, sampleRecords(5_000, 200, 1_700_000_000_000))
    const proxy = await startCuttingProxy(world.endpoint.port)
    try {
      proxy.cut('PUT /', 300_000, 9)
      const maxcompute = world.maxcompute({ tunnelEndpoint: `http://127.0.0.1:${proxy.port}` })
      const { result, uploadId } = await stage(topic, table, { maxcompute, requestTriesMax: 2 })
      assert.equal(result.error?.code, 'MAXCOMPUTE_UNREACHABLE')
      assert.equal(result.error.retry, 'BACKOFF')
      assert.equal(proxy.cuts, 2)
      const session = await world.client.openUploadSession({ table, uploadId })
      assert.deepEqual((await session.getStatus()).blocks, [])
    } finally {
      await proxy.close()
    }
  })

  it('ends as CANCELLED when it is cancelled, and the thread serves the next one', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, sampleRecords(20_000, 500, 1_700_000_000_000))
    const planned = await plan(world.planSpec(topic, table))
    const session = await open(table)
    const slow = { bytesPerSecond: 100_000 }
    const running = world.start({ slice: world.sliceSpec(planned, session, topic, table, slow) })
    running.cancel('the run was killed')
    const { result } = await running.ran
    assert.equal(result.error?.code, 'CANCELLED')
    assert.equal(result.error.message, 'the run was killed')
    const next = await world.run({ slice: world.sliceSpec(planned, session, topic, table) })
    assert.equal(next.result.slice?.rows, 20_000)
  })

  it('fails by name when the topic was made again, or its session is lost or completed', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, texts('a'))
    const planned = await plan(world.planSpec(topic, table))
    const session = await open(table)
    const lost = { ...session, uploadId: 'no-such-upload' }
    const gone = await world.run({ slice: world.sliceSpec(planned, lost, topic, table) })
    assert.equal(gone.result.error?.code, 'SESSION_LOST')
    assert.equal(gone.result.error.retry, 'RESTART_SESSION')
    const other = { ...planned, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }
    const recreated = await world.run({ slice: world.sliceSpec(other, session, topic, table) })
    assert.equal(recreated.result.error?.code, 'TOPIC_RECREATED')
    assert.equal(recreated.result.error.retry, 'FATAL')
    await complete(table, session.uploadId!, [])
    const closed = await world.run({ slice: world.sliceSpec(planned, session, topic, table) })
    assert.equal(closed.result.error?.code, 'SESSION_CLOSED')
    assert.equal(closed.result.error.retry, 'FATAL')
  })

  it('keeps to its bytes a second', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable()
    await produce(world.cluster, topic, 0, sampleRecords(3_000, 500, 1_700_000_000_000))
    const { result } = await stage(topic, table, { bytesPerSecond: 1_000_000 })
    const { milliseconds = 0, bytesSent } = result.slice!
    assert.ok(milliseconds >= (Number(bytesSent) / 1_000_000) * 1000 - 500, `${milliseconds} ms`)
  })
})

describe('the plan', () => {
  const codeOf = async (spec: PlanSpec) => (await world.run({ plan: spec })).result.error

  it('resolves times, samples record sizes, and tells the table’s columns', async () => {
    const topic = await freshTopic(world.cluster, 2)
    const table = await freshTable('a BIGINT, b DECIMAL(10,2)', 'PARTITIONED BY (pt STRING)')
    await produce(world.cluster, topic, 0, sampleRecords(100, 100, 1_700_000_000_000))
    const planned = await plan(
      world.planSpec(topic, table, {
        begin: { at: 'timeMs', timeMs: 1_700_000_000_010 },
        end: { at: 'timeMs', timeMs: 1_700_000_000_050 },
        columns: ['a'],
        partitionSpec: [{ name: 'PT', value: '1' }],
      }),
    )
    assert.deepEqual(
      planned.ranges?.map((r) => [
        r.topicPartition,
        r.startOffset,
        r.endOffset,
        r.sampledRecordBytes,
      ]),
      [
        [0, 10, 50, 100],
        [1, 0, 0, 0],
      ],
    )
    assert.equal(planned.topicPartitions, 2)
    assert.deepEqual(
      planned.tableColumns?.map((column) => [column.name, column.type]),
      [
        ['a', 'bigint'],
        ['b', 'decimal(10,2)'],
      ],
    )
    assert.equal(planned.partitionKeys?.[0]?.name, 'pt')
  })

  it('names what is wrong before anything is written', async () => {
    const topic = await freshTopic(world.cluster)
    const table = await freshTable('body STRING', 'PARTITIONED BY (pt STRING)')
    const partitionSpec = [{ name: 'pt', value: '1' }]
    const spec = (more: Partial<PlanSpec>) =>
      world.planSpec(topic, table, { partitionSpec, ...more })
    assert.equal(await codeOf(spec({})), undefined)
    const expected: [string, Partial<PlanSpec>, RegExp][] = [
      ['TOPIC_NOT_FOUND', { topic: 'nowhere' }, /nowhere/],
      ['TOPIC_PARTITION_NOT_FOUND', { hasTopicPartition: true, topicPartition: 7 }, /it has 1/],
      ['TABLE_NOT_FOUND', { table: 'nowhere' }, /nowhere/],
      ['COLUMN_NOT_FOUND', { columns: ['bdoy'] }, /Did you mean "body"/],
      ['COLUMN_NOT_FOUND', { columns: ['pt'] }, /partition key/],
      ['COLUMN_COUNT_MISMATCH', { readerColumnCount: 2 }, /has 2 columns/],
      ['PARTITION_SPEC_INVALID', { partitionSpec: [] }, /lacks pt/],
      ['PARTITION_SPEC_INVALID', { partitionSpec: [{ name: 'ds', value: '1' }] }, /has ds/],
      ['PROJECT_NOT_FOUND', { maxcompute: world.maxcompute({ project: 'nope' }) }, /nope/],
      [
        'MAXCOMPUTE_AUTHENTICATION_FAILED',
        { maxcompute: world.maxcompute({ accessKey: 'wrong' }) },
        /AccessKey/,
      ],
      [
        'MAXCOMPUTE_UNREACHABLE',
        { maxcompute: world.maxcompute({ endpoint: 'http://no-such-host.invalid/api' }) },
        /no-such-host/,
      ],
      ['KAFKA_UNREACHABLE', { kafka: world.kafka('127.0.0.1:1') }, /127\.0\.0\.1:1/],
      [
        'POSITION_INVALID',
        { begin: { at: 'groupOffset', groupOffset: true }, groupId: 'nobody' },
        /group "nobody"/,
      ],
      ['OFFSET_OUT_OF_RANGE', { begin: { at: 'offset', offset: 5 } }, /beyond the log's end/],
      [
        'TOPIC_RECREATED',
        { begin: { at: 'ledger', ledger: true }, ledgerTopicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
        /made again/,
      ],
    ]
    for (const [code, more, message] of expected) {
      const error = await codeOf(spec(more))
      assert.equal(error?.code, code, `${code}: ${JSON.stringify(error)}`)
      assert.match(error?.message ?? '', message)
      assert.doesNotMatch(JSON.stringify(error), /dev-key|wrong/)
    }
  })
})

describe('a query', () => {
  it('delivers its rows as JSON that loses nothing, up to the rows wanted', async () => {
    const table = await freshTable('id BIGINT, t STRING, d DATE')
    await world.sql(
      `INSERT INTO ${table} VALUES (9007199254740993, 'x', DATE '2024-02-29'), (1, NULL, NULL)`,
    )
    const sql = `SELECT id, t, d FROM ${table} ORDER BY id DESC`
    const query = { maxcompute: world.maxcompute(), sql, hints: {}, rowsMax: 1 }
    const { result, bulk } = await world.run({ query })
    assert.ok(result.query, JSON.stringify(result.error))
    const body = JSON.parse(bulk.get(result.query.bulkId!)!) as Record<string, unknown>
    assert.deepEqual(body['rows'], [['9007199254740993', 'x', '2024-02-29']])
    assert.equal(body['truncated'], true)
  })

  it('that fails says why', async () => {
    const query = {
      maxcompute: world.maxcompute(),
      sql: 'SELECT * FROM nope',
      hints: {},
      rowsMax: 1,
    }
    const { result } = await world.run({ query })
    assert.equal(result.error?.code, 'SQL_FAILED')
    assert.match(result.error.message ?? '', /nope/)
  })
})
