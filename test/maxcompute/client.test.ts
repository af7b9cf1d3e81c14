/** The client library against the local endpoint: two implementations of the wire that share no code. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'

import {
  DEFAULT_CREDENTIALS,
  type LocalEndpoint,
  startLocalEndpoint,
} from '../../dev/maxcompute/endpoint.ts'
import { MaxComputeClient } from '../../maxcompute/client.ts'
import type { BodyChunks } from '../../maxcompute/http.ts'
import { parsePartitionSpec } from '../../maxcompute/partition-spec.ts'
import { createArrowEncoder } from '../../maxcompute/tunnel/arrow-encoder.ts'
import { encodeBlock } from '../../maxcompute/tunnel/block-encoder.ts'
import { createRecordEncoder } from '../../maxcompute/tunnel/record-encoder.ts'
import type { Row } from '../../maxcompute/tunnel/row-value.ts'
import type { UploadSession } from '../../maxcompute/tunnel/upload-session.ts'
import { batchOf } from '../../maxcompute/tunnel/vectors.test-support.ts'

let directory: string
let endpoint: LocalEndpoint
let client: MaxComputeClient

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'maxcompute-client-'))
  endpoint = await startLocalEndpoint({ dataDir: directory, projects: ['proj'] })
  client = new MaxComputeClient({
    endpoint: `${endpoint.url}/api`,
    project: 'proj',
    credentials: {
      accessKeyId: DEFAULT_CREDENTIALS.accessId,
      accessKeySecret: DEFAULT_CREDENTIALS.accessKey,
    },
  })
})

after(async () => {
  client.close()
  await endpoint.close()
  await rm(directory, { recursive: true })
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function upload(
  session: UploadSession,
  blockId: number,
  rows: readonly Row[],
  encoding: 'record' | 'arrow' = 'record',
  compression: 'none' | 'deflate' | 'zstd' = 'none',
): Promise<void> {
  const encoder =
    encoding === 'record'
      ? createRecordEncoder(session.columns)
      : createArrowEncoder(session.columns)
  const half = rows.length >> 1
  const batches = [
    batchOf(session.columns, rows.slice(0, half)),
    batchOf(session.columns, rows.slice(half)),
  ]
  await session.putBlock(blockId, { encoding, compression }, encodeBlock(encoder, batches))
}

const text = (value: string): Buffer => Buffer.from(value)

const SCALARS =
  'b boolean, t tinyint, s smallint, i int, l bigint, f float, d double, str string, vc varchar(10), c char(3), ' +
  'bin binary, da date, dt datetime, ts timestamp, de decimal(20,4)'
const SCALAR_ROWS: readonly Row[] = [
  [
    true,
    -128,
    32_767,
    -5,
    2n ** 62n,
    1.5,
    -2.25,
    text('héllo'),
    text('vc'),
    text('ch'),
    Buffer.from([0, 255]),
    -1,
    new Date(1_700_000_000_123),
    { seconds: -1n, nanos: 999_999_000 },
    '-12.5000',
  ],
  Array.from({ length: 15 }, () => null),
  [
    false,
    127,
    -1,
    2_147_483_647,
    -1n,
    0,
    5e300,
    text(''),
    text(''),
    text('x'),
    Buffer.alloc(0),
    19_782,
    new Date(-86_400_000),
    { seconds: 1_700_000_000n, nanos: 5_000 },
    '1234567890123456.7891',
  ],
]

describe('client and local endpoint', () => {
  test('the project is there and says where its tunnel is', async () => {
    assert.equal((await client.getProject()).name, 'proj')
    assert.equal(await client.getTunnelEndpoint(), endpoint.url)
  })

  test('every scalar type goes up by both encodings and all compressions, and comes back by both', async () => {
    await client.runSql({ sql: `create table scalars (${SCALARS})` })
    const session = await client.createUploadSession({ table: 'scalars' })
    await upload(session, 0, SCALAR_ROWS, 'record', 'none')
    await upload(session, 1, SCALAR_ROWS, 'arrow', 'deflate')
    await upload(session, 3, SCALAR_ROWS, 'arrow', 'zstd')
    await upload(session, 2, SCALAR_ROWS, 'record', 'deflate')
    await upload(session, 2, SCALAR_ROWS, 'record', 'zstd')
    const { blocks } = await session.getStatus()
    assert.deepEqual(
      blocks.map(({ blockId }) => blockId),
      [0, 1, 2, 3],
    )
    const { kind } = await session.complete({ expectedBlockIds: [0, 1, 2, 3] })
    assert.equal(kind, 'committed')
    const download = await client.createDownloadSession({ table: 'scalars' })
    const expected = [...SCALAR_ROWS, ...SCALAR_ROWS, ...SCALAR_ROWS, ...SCALAR_ROWS]
    for (const encoding of ['record', 'arrow'] as const) {
      const rows = await collect(download.rows({ encoding }))
      assert.equal(rows.length, expected.length)
      for (const row of rows)
        assert.ok(
          SCALAR_ROWS.some((one) => same(one, row)),
          inspect(row),
        )
    }
  })

  test('nested values go up and come back', async () => {
    await client.runSql({
      sql: 'create table nested (a array<bigint>, m map<string,int>, s struct<x:int,y:array<string>>)',
    })
    const rows: Row[] = [
      [[1n, null, 3n], [[text('k'), 1]], { x: 1, y: [text('z'), null] }],
      [null, null, null],
      [[], [], { x: null, y: null }],
    ]
    const session = await client.createUploadSession({ table: 'nested' })
    await upload(session, 0, rows)
    await session.complete({ expectedBlockIds: [0] })
    const download = await client.createDownloadSession({ table: 'nested' })
    assert.deepEqual(await collect(download.rows()), rows)
  })

  test('a partition is created with the session, listed, and replaced by an overwriting one', async () => {
    await client.runSql({
      sql: 'create table parts (id bigint) partitioned by (pt string, hh string)',
    })
    const partition = parsePartitionSpec('pt=a b,hh=01')
    assert.equal(await client.partitionExists('parts', partition), false)
    await assert.rejects(client.createUploadSession({ table: 'parts', partition }), {
      code: 'NoSuchPartition',
    })
    await assert.rejects(client.createUploadSession({ table: 'parts' }), {
      code: 'MissingPartitionSpec',
    })
    for (const [overwrite, id] of [
      [false, 1n],
      [true, 2n],
    ] as const) {
      const session = await client.createUploadSession({
        table: 'parts',
        partition,
        overwrite,
        createPartition: true,
      })
      await upload(session, 0, [[id]])
      assert.equal((await session.complete({ expectedBlockIds: [0] })).kind, 'committed')
    }
    const download = await client.createDownloadSession({ table: 'parts', partition })
    assert.deepEqual(await collect(download.rows()), [[2n]])
    assert.equal(await client.partitionExists('parts', partition), true)
    const [listed] = await collect(client.listPartitions('parts'))
    assert.deepEqual(listed?.spec, partition)
    const table = await client.getTable('parts')
    assert.deepEqual(
      table.partitionKeys.map(({ name }) => name),
      ['pt', 'hh'],
    )
  })

  test('a second complete finds the session closed; a stray block is found before the first', async () => {
    await client.runSql({ sql: 'create table twice (id bigint)' })
    const session = await client.createUploadSession({ table: 'twice' })
    await upload(session, 0, [[1n]])
    await upload(session, 9, [[2n]])
    const stray = await session.complete({ expectedBlockIds: [0] })
    assert.equal(stray.kind, 'notCommitted')
    assert.deepEqual(stray.evidence.unexpectedBlockIds, [9])
    assert.equal((await session.complete({ expectedBlockIds: [0, 9] })).kind, 'committed')
    const again = await client.openUploadSession({ table: 'twice', uploadId: session.uploadId })
    const second = await again.complete({ expectedBlockIds: [0, 9] })
    assert.equal(second.kind, 'committed')
    assert.equal(second.evidence.posts, 0)
    await assert.rejects(session.postComplete(), { code: 'StatusConflict', retry: 'resolveByGet' })
  })

  test('a body that breaks off leaves no block, and an older one untouched', async () => {
    await client.runSql({ sql: 'create table broken (id bigint)' })
    const session = await client.createUploadSession({ table: 'broken' })
    async function* cut(): AsyncGenerator<BodyChunks> {
      const encoder = createRecordEncoder(session.columns)
      yield [...encoder.write(batchOf(session.columns, [[5n]])), ...encoder.finish()]
      await session.getStatus()
      throw new Error('source is gone')
    }
    const put = { encoding: 'record', compression: 'none' } as const
    await assert.rejects(session.putBlock(0, put, cut()), /source is gone/)
    assert.deepEqual((await session.getStatus()).blocks, [])
    await upload(session, 0, [[1n]])
    await assert.rejects(session.putBlock(0, put, cut()), /source is gone/)
    await session.complete({ expectedBlockIds: [0] })
    const download = await client.createDownloadSession({ table: 'broken' })
    assert.deepEqual(await collect(download.rows()), [[1n]])
  })

  test('a SELECT is read by the instance tunnel with its types, DDL as text', async () => {
    const { instanceId } = await client.runSql({
      sql: "select 1 as a, 'x' as b, cast(null as string) as c",
    })
    const result = await client.openInstanceResult(instanceId)
    assert.ok(result.kind === 'rows')
    assert.equal(result.source, 'tunnel')
    assert.deepEqual(
      result.columns.map(({ name }) => name),
      ['a', 'b', 'c'],
    )
    const [row] = await collect(result.rows)
    assert.equal(Number(row?.[0]), 1)
    assert.deepEqual(row?.slice(1), [text('x'), null])
    const ddl = await client.runSql({ sql: 'create table if not exists ddl (id bigint)' })
    assert.equal((await client.openInstanceResult(ddl.instanceId)).kind, 'text')
  })

  test('a submitted instance is found again by its uuid', async () => {
    const sinceMs = Date.now()
    const uuid = crypto.randomUUID()
    const { instanceId } = await client.submitSql({ sql: 'select 1', uuid })
    assert.equal(await client.findInstanceByUuid(uuid, { sinceMs }), instanceId)
    assert.equal(await client.findInstanceByUuid(crypto.randomUUID(), { sinceMs }), null)
    await client.waitForInstance(instanceId)
  })

  test('mistakes are told by code: table, upload, SQL, key', async () => {
    await assert.rejects(client.getTable('nowhere'), { code: 'NoSuchTable' })
    await assert.rejects(client.openUploadSession({ table: 'twice', uploadId: 'nope' }), {
      code: 'NoSuchUpload',
    })
    await assert.rejects(client.runSql({ sql: 'selec 1' }), { code: 'InstanceFailed' })
    const stranger = new MaxComputeClient({
      endpoint: `${endpoint.url}/api`,
      project: 'proj',
      credentials: { accessKeyId: 'dev-id', accessKeySecret: 'other' },
    })
    await assert.rejects(stranger.getProject(), { code: 'Unauthorized' })
    stranger.close()
  })
})

function same(a: Row, b: Row): boolean {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}
