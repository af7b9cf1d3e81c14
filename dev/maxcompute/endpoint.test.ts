import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync, zstdCompressSync } from 'node:zlib'

import { recordBody, tablePath, testEndpoint, utf8 } from './endpoint.test-support.ts'
import { vectors } from './wire/vectors.test-support.ts'

const TYPES = 'bigint;string'
const ROW = [1n, utf8('one')]

test('rows are visible at complete and not before, whatever the encoding of their blocks', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  const body = recordBody(TYPES, [ROW])
  await client.putBlock('t', id, 5, body)
  const deflated = { headers: { 'content-encoding': 'deflate' } }
  await client.putBlock('t', id, 7, deflateSync(recordBody(TYPES, [[2n, null]])), deflated)
  const zstd = { headers: { 'content-encoding': 'zstd' } }
  await client.putBlock('t', id, 3, zstdCompressSync(recordBody(TYPES, [[3n, null]])), zstd)
  const arrow = Buffer.from(vectors.arrow[0]?.hex ?? '', 'hex')
  await client.putBlock('t', id, 9, arrow, { query: '&arrow' })
  assert.equal(await client.sql('select count(*) from t'), '0')
  const blocks = (await client.getUpload('t', id)).UploadedBlockList
  assert.deepEqual(
    blocks.map((b) => [b.BlockID, b.RecordCount]),
    [
      [3, 1],
      [5, 1],
      [7, 1],
      [9, 3],
    ],
  )
  assert.equal((await client.complete('t', id)).Status, 'closed')
  assert.equal(await client.sql('select id from t'), ['3', '1', '2', '1', '-2', '\\N'].join('\n'))
})

test('a block put again replaces the older one; a cut, empty or wrong body leaves it', async (t) => {
  const client = await testEndpoint(t, { faults: true })
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.putBlock('t', id, 0, recordBody(TYPES, [ROW, ROW]))
  await client.putBlock('t', id, 0, recordBody(TYPES, [ROW, ROW, ROW]))
  const body = recordBody(TYPES, [ROW])
  const refusals: [Buffer, string][] = [
    [Buffer.alloc(0), 'IncompleteBody'],
    [body.subarray(0, -3), 'IncompleteBody'],
    [Buffer.concat([body, Buffer.from([0])]), 'MalformedDataStream'],
    [Buffer.from(body.toString('hex').replace('6f6e65', '6f6e66'), 'hex'), 'CorruptedDataStream'],
  ]
  for (const [wrong, code] of refusals) {
    const reply = await client.putBlock('t', id, 0, wrong)
    assert.equal(reply.status, 400)
    assert.equal((JSON.parse(reply.body.toString()) as { Code: string }).Code, code)
  }
  const cutDeflate = deflateSync(
    recordBody(
      TYPES,
      Array.from({ length: 1000 }, () => ROW),
    ),
  )
  const reply = await client.putBlock('t', id, 0, cutDeflate.subarray(0, 40), {
    headers: { 'content-encoding': 'deflate' },
  })
  assert.match(reply.body.toString(), /IncompleteBody/)
  await client.arm({ kind: 'cutBody', bytes: 10 })
  await assert.rejects(client.putBlock('t', id, 0, body))
  const [block] = (await client.getUpload('t', id)).UploadedBlockList
  assert.equal(block?.RecordCount, 3)
})

test('block ids outside 0..19999 and unknown encodings are refused', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  const body = recordBody(TYPES, [ROW])
  assert.equal((await client.putBlock('t', id, 19_999, body)).status, 200)
  assert.match((await client.putBlock('t', id, 20_000, body)).body.toString(), /InvalidBlockID/)
  const headers = { 'content-encoding': 'br' }
  const reply = await client.putBlock('t', id, 1, body, { headers })
  assert.match(reply.body.toString(), /InvalidArgument.*deflate or zstd/)
})

test('complete is not repeatable, and a closed session stays readable', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.complete('t', id)
  await assert.rejects(client.complete('t', id), { code: 'StatusConflict' })
  assert.equal((await client.putBlock('t', id, 0, recordBody(TYPES, [ROW]))).status, 400)
  assert.equal((await client.getUpload('t', id)).Status, 'closed')
  await assert.rejects(client.getUpload('t', 'nosuch'), { code: 'NoSuchUpload', status: 404 })
})

test('overwrite replaces a table, or one partition of it, and empties it without blocks', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string) partitioned by (pt string, h bigint)')
  const spec = (pt: string): string => `&partition=pt%3D${pt}%2Ch%3D01`
  await client.load('t', TYPES, [ROW, ROW], `${spec('a')}&create_partition=true`)
  await client.load('t', TYPES, [ROW], `${spec('b')}&create_partition=true`)
  await client.load('t', TYPES, [ROW], `${spec('a')}&overwrite=true`)
  assert.equal(
    await client.sql('select pt, h, count(*) from t group by pt, h order by pt'),
    '"a",1,1\n"b",1,1',
  )
  const { UploadID: id } = await client.createUpload('t', `${spec('a')}&overwrite=true`)
  await client.complete('t', id, spec('a'))
  assert.equal(await client.sql('select pt, h, count(*) from t group by pt, h'), '"b",1,1')
  assert.equal(await client.sql('show partitions t'), 'pt=a/h=1\npt=b/h=1\n')
})

test('partition specs are checked against the table', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint)')
  await client.sql('create table p (id bigint) partitioned by (pt string)')
  const create = async (table: string, query: string): Promise<unknown> =>
    client.createUpload(table, query)
  await assert.rejects(create('p', ''), { code: 'MissingPartitionSpec' })
  await assert.rejects(create('t', '&partition=pt%3Da'), { code: 'InvalidPartitionSpec' })
  await assert.rejects(create('p', '&partition=x%3Da'), { code: 'InvalidPartitionSpec' })
  await assert.rejects(create('p', '&partition=pt%3Da'), { code: 'NoSuchPartition', status: 404 })
  await assert.rejects(create('nope', ''), { code: 'NoSuchTable', status: 404 })
  const { UploadID: id } = await client.createUpload('p', '&partition=pt%3Da&create_partition=true')
  await assert.rejects(client.complete('p', id), { code: 'MissingPartitionSpec' })
})

test('a session ends with the table it was opened for', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.sql('drop table t; create table t (id bigint, name string)')
  await assert.rejects(client.complete('t', id), { code: 'TableModified' })
  assert.equal((await client.getUpload('t', id)).Status, 'normal')
})

test('STRING keeps bytes that are no UTF-8, and SQL still works on the column', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (s string)')
  const raw = Buffer.from('fffe00616263', 'hex')
  const values = [raw, utf8('12'), utf8('12'), utf8('\u{10FF80}'), null]
  await client.load(
    't',
    'string',
    values.map((v) => [v]),
  )
  const { DownloadID: id, RecordCount } = await client.json('POST', `${tablePath('t')}?downloads`)
  assert.equal(RecordCount, 5)
  const data = await client.send('GET', `${tablePath('t')}?data&downloadid=${id}&rowrange=(0,5)`)
  assert.deepEqual(
    data.body,
    recordBody(
      'string',
      values.map((v) => [v]),
    ),
  )
  assert.equal(
    await client.sql("select count(*), sum(cast(s as bigint)) from t where s = '12'"),
    '2,24',
  )
  assert.equal(await client.sql('select count(distinct s), max(length(s)) from t'), '3,6')
})

test('a download session keeps its rows under appends and ends with an overwrite', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string)')
  await client.load('t', TYPES, [ROW])
  const session = await client.json('POST', `${tablePath('t')}?downloads`)
  await client.load('t', TYPES, [[2n, null]])
  const target = `${tablePath('t')}?data&downloadid=${session.DownloadID}&rowrange=`
  assert.deepEqual((await client.send('GET', `${target}(0,1)`)).body, recordBody(TYPES, [ROW]))
  assert.match((await client.send('GET', `${target}(0,2)`)).body.toString(), /InvalidRowRange/)
  await client.load('t', TYPES, [ROW], '&overwrite=true')
  assert.match((await client.send('GET', `${target}(0,1)`)).body.toString(), /TableModified/)
})

test('a value that cannot be stored is refused with its block, not at complete', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (d decimal(5,2), v varchar(3), j json, ts timestamp)')
  const types = 'decimal(5,2);varchar(3);json;timestamp'
  const { UploadID: id } = await client.createUpload('t')
  const wrong: [Parameters<typeof recordBody>[1][number], RegExp][] = [
    [[utf8('1234.5'), null, null, null], /column d: 1234.5 does not fit/],
    [[utf8('1.234'), null, null, null], /column d: .*more than 2 digits/],
    [[null, utf8('abcd'), null, null], /column v: 4 characters do not fit/],
    [[null, null, utf8('{'), null], /column j: not JSON/],
    [[null, null, null, { seconds: -62_135_596_800n, nanos: 0 }], /column ts: .*outside the years/],
  ]
  for (const [row, message] of wrong) {
    const reply = await client.putBlock('t', id, 0, recordBody(types, [row]))
    assert.equal(reply.status, 400)
    assert.match(reply.body.toString(), message)
  }
})

test('columns that were added during a session stay NULL', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint) partitioned by (pt string)')
  const query = '&partition=pt%3Da'
  const { UploadID: id } = await client.createUpload('t', `${query}&create_partition=true`)
  await client.putBlock('t', id, 0, recordBody('bigint', [[1n]]), { query })
  await client.sql('alter table t add columns (name string)')
  await client.complete('t', id, query)
  assert.equal(await client.sql('select * from t'), '1,\\N,"a"')
})

test('discarding endpoints verify blocks and keep no rows', async (t) => {
  const client = await testEndpoint(t, { discard: true })
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  assert.equal((await client.putBlock('t', id, 0, recordBody(TYPES, [ROW]))).status, 200)
  assert.equal((await client.putBlock('t', id, 1, Buffer.alloc(3))).status, 400)
  const arrow = Buffer.from(vectors.arrow[0]?.hex ?? '', 'hex')
  assert.equal((await client.putBlock('t', id, 2, arrow, { query: '&arrow' })).status, 200)
  arrow[100] = (arrow[100] as number) ^ 1
  assert.equal((await client.putBlock('t', id, 2, arrow, { query: '&arrow' })).status, 400)
  const closed = await client.complete('t', id)
  assert.deepEqual(
    closed.UploadedBlockList.map((b) => b.RecordCount),
    [1, 3],
  )
  assert.equal(await client.sql('select count(*) from t'), '0')
})

test('a request that is not signed is refused', async (t) => {
  const client = await testEndpoint(t)
  const reply = await fetch(`http://127.0.0.1:${client.port}/api/projects/proj`)
  assert.equal(reply.status, 401)
  assert.match(await reply.text(), /<Code>AuthorizationRequired<\/Code>/)
})
