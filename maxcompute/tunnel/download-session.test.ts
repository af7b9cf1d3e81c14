import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as zlib from 'node:zlib'

import { type Call, type Reply, startFake } from '../fake-service.test-support.ts'
import { parseType } from '../types.ts'
import { createArrowEncoder } from './arrow-encoder.ts'
import { createRecordEncoder } from './record-encoder.ts'
import type { Row } from './row-value.ts'
import { batchOf } from './vectors.test-support.ts'

const COLUMNS = [
  { name: 'id', type: parseType('bigint'), nullable: true, comment: '' },
  { name: 'name', type: parseType('string'), nullable: true, comment: '' },
]
const ROWS: Row[] = Array.from({ length: 11 }, (_, i) => [
  BigInt(i),
  i % 3 === 0 ? null : Buffer.from(`name${i}`),
])

const created: Reply = {
  body: JSON.stringify({
    DownloadID: 'D1',
    Status: 'normal',
    RecordCount: 10,
    Schema: {
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'name', type: 'string' },
      ],
    },
  }),
}

/** What a server sends for a range: its rows, encoded. */
function encoded({ query }: Call): Buffer {
  const [start = 0, count = 0] = (query['rowrange'] ?? '').match(/\d+/g)?.map(Number) ?? []
  const encoder = 'arrow' in query ? createArrowEncoder(COLUMNS) : createRecordEncoder(COLUMNS)
  const chunks = encoder.write(batchOf(COLUMNS, ROWS.slice(start, start + count)))
  return Buffer.concat([...chunks, ...encoder.finish()])
}

async function collect(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return all
}

for (const encoding of ['record', 'arrow'] as const) {
  test(`rows are read as ${encoding}, compressed as the service likes`, async () => {
    await using fake = await startFake((call) => {
      if (call.method === 'POST') return created
      return {
        headers: { 'Content-Encoding': 'deflate' },
        body: zlib.deflateSync(encoded(call)),
      }
    })
    const session = await fake.client.createDownloadSession({ table: 't' })
    assert.equal(session.recordCount, 10)
    assert.deepEqual(await collect(session.rows({ encoding })), ROWS.slice(0, 10))
    assert.deepEqual(
      await collect(session.rows({ encoding, start: 3, count: 2 })),
      ROWS.slice(3, 5),
    )
    assert.match(fake.calls[1]?.headers['accept-encoding'] ?? '', /deflate/)
  })
}

test('a read that breaks off goes on at the first row that was not given out', async () => {
  const ranges: (string | undefined)[] = []
  await using fake = await startFake((call) => {
    if (call.method === 'POST') return created
    ranges.push(call.query['rowrange'])
    const body = encoded(call)
    if (ranges.length > 2) return { body }
    // Whole for HTTP, cut for us: what a proxy makes of a broken stream.
    return { body: body.subarray(0, ranges.length === 1 ? 60 : 3) }
  })
  const session = await fake.client.createDownloadSession({ table: 't' })
  assert.deepEqual(await collect(session.rows()), ROWS.slice(0, 10))
  assert.equal(ranges[0], '(0,10)')
  assert.notEqual(ranges[1], '(0,10)')
  assert.equal(ranges[2], ranges[1])
})

test('a session whose rows have gone stale is an error, not fewer rows', async () => {
  await using fake = await startFake(({ method }) =>
    method === 'POST' ? created : { status: 400, body: '{"Code":"TableModified","Message":"m"}' },
  )
  const session = await fake.client.createDownloadSession({ table: 't' })
  await assert.rejects(collect(session.rows()), { code: 'TableModified', retry: 'restartSession' })
})

for (const [name, answered] of [
  ['too few', '(0,9)'],
  ['too many', '(0,11)'],
] as const) {
  test(`a whole stream with ${name} rows is an error`, async () => {
    await using fake = await startFake((call) => {
      if (call.method === 'POST') return created
      const more = call.query['rowrange'] === '(0,10)' ? answered : '(0,0)'
      return { body: encoded({ ...call, query: { rowrange: more } }) }
    })
    const session = await fake.client.createDownloadSession({ table: 't' })
    await assert.rejects(collect(session.rows()), { code: 'CorruptedResponse' })
  })
}

test('a session that is being prepared is waited for', async () => {
  const initiating = { body: created.body?.toString().replace('normal', 'initiating') ?? '' }
  await using fake = await startFake(({ method }) => (method === 'POST' ? initiating : created))
  assert.equal((await fake.client.createDownloadSession({ table: 't' })).downloadId, 'D1')
  assert.deepEqual(fake.seen(), ['POST downloads', 'GET downloadid'])
})

test('the result of a SELECT is read by the instance tunnel, within its limit when there is no permission for more', async () => {
  await using fake = await startFake((call) => {
    if (call.method !== 'POST') return { body: encoded(call) }
    if ('instance_tunnel_limit_enabled' in call.query) return created
    return { status: 403, body: '{"Code":"NoPermission","Message":"m"}' }
  })
  const opened = await fake.client.openInstanceResult('I1')
  assert.ok(opened.kind === 'rows')
  assert.equal(opened.source, 'tunnel')
  assert.equal(opened.truncated, true)
  assert.deepEqual(await collect(opened.rows), ROWS.slice(0, 10))
  assert.equal(fake.calls.at(-1)?.path, '/projects/p/instances/I1')
})

test('columns are asked for by name, in the order of the table', async () => {
  await using fake = await startFake((call) => {
    if (call.method === 'POST') return created
    const encoder = createRecordEncoder(COLUMNS.slice(1))
    const names = ROWS.slice(0, 10).map((row) => row.slice(1))
    return {
      body: Buffer.concat([
        ...encoder.write(batchOf(COLUMNS.slice(1), names)),
        ...encoder.finish(),
      ]),
    }
  })
  const session = await fake.client.createDownloadSession({ table: 't' })
  const rows = await collect(session.rows({ columns: ['NAME'] }))
  assert.deepEqual(rows[1], [Buffer.from('name1')])
  assert.equal(fake.calls[1]?.query['columns'], 'name')
  await assert.rejects(collect(session.rows({ columns: ['other'] })), { code: 'InvalidColumnSpec' })
})
