import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import * as zlib from 'node:zlib'

import {
  type Call,
  type FakeService,
  KEYS,
  type Reply,
  startFake,
} from '../fake-service.test-support.ts'
import { type BodyChunks, HttpClient } from '../http.ts'
import { parsePartitionSpec } from '../partition-spec.ts'
import { systemClock } from '../retry.ts'
import { Service } from '../service.ts'
import { encodeBlock } from './block-encoder.ts'
import type { CompleteOutcome } from './complete.ts'
import { RecordDecoder } from './record-decoder.ts'
import { createRecordEncoder } from './record-encoder.ts'
import { UploadSession } from './upload-session.ts'
import { batchOf } from './vectors.test-support.ts'

const RECORDS = { encoding: 'record', compression: 'none' } as const
const SCHEMA = {
  columns: [{ name: 'id', type: 'bigint', nullable: 'true' }],
  partitionKeys: [{ name: 'pt', type: 'string' }],
}

function session(status = 'normal', blockIds: readonly number[] = []): Reply {
  return {
    body: JSON.stringify({
      UploadID: 'U1',
      Status: status,
      IsOverwrite: false,
      MaxFieldSize: 1000,
      Schema: SCHEMA,
      UploadedBlockList: blockIds.map((BlockID) => ({ BlockID, Version: 1 })),
    }),
  }
}

function failure(status: number, Code: string, more: object = {}): Reply {
  return { status, body: JSON.stringify({ Code, Message: 'why', RequestId: 'R2', ...more }) }
}

async function* bytesOf(...chunks: readonly string[]): AsyncGenerator<BodyChunks> {
  for (const chunk of chunks) yield [Buffer.from(chunk)]
}

describe('creating a session', () => {
  test('sends target and mode, signed, and reads schema and limits', async () => {
    await using fake = await startFake(() => session())
    const upload = await fake.client.createUploadSession({
      table: 't',
      partition: parsePartitionSpec("pt='a b'"),
      overwrite: true,
      createPartition: true,
    })
    assert.equal(upload.uploadId, 'U1')
    assert.equal(upload.maxFieldSizeBytes, 1000)
    assert.equal(upload.overwrite, true)
    assert.deepEqual(upload.columns, [
      { name: 'id', type: { kind: 'BIGINT' }, nullable: true, comment: '' },
    ])
    const [call] = fake.calls
    assert.equal(call?.method, 'POST')
    assert.equal(call.path, '/projects/p/tables/t')
    assert.deepEqual(call.query, {
      uploads: '',
      overwrite: 'true',
      create_partition: 'true',
      partition: 'pt=a b',
      curr_project: 'p',
    })
    assert.equal(call.headers['x-odps-tunnel-version'], '6')
  })

  test('is repeated after 429, 503 and a lost answer, waiting at least as long as the service asks', async () => {
    const replies = [
      failure(429, 'FlowExceeded', { HoldClientMillis: 7000 }),
      failure(503, 'ServiceUnavailable'),
      'drop' as const,
      session(),
    ]
    await using fake = await startFake(() => replies.shift() ?? 'drop')
    await fake.client.createUploadSession({ table: 't' })
    assert.deepEqual(fake.clock.slept, [7000, 2000, 4000])
  })

  test('is given up on fatal codes at once, with code, request id and place', async () => {
    await using fake = await startFake(() => failure(404, 'NoSuchPartition'))
    await assert.rejects(fake.client.createUploadSession({ table: 't' }), {
      code: 'NoSuchPartition',
      httpStatus: 404,
      requestId: 'R2',
      retry: 'fatal',
      reached: 'yes',
      message: /POST http:.*\/projects\/p\/tables\/t: NoSuchPartition: why \(create the partition/,
    })
    assert.equal(fake.calls.length, 1)
  })

  test('is given up when the tries are used up', async () => {
    await using fake = await startFake(() => failure(500, 'InternalServerError'))
    await assert.rejects(fake.client.createUploadSession({ table: 't' }), /after 8 tries/)
    assert.equal(fake.calls.length, 8)
    assert.deepEqual(
      fake.clock.slept,
      [1, 2, 4, 8, 16, 32, 64].map((s) => s * 1000),
    )
  })
})

describe('putting a block', () => {
  test('streams the encoded rows under its id and repeats the partition', async () => {
    await using fake = await startFake(() => session())
    const upload = await fake.client.openUploadSession({
      table: 't',
      uploadId: 'U1',
      partition: parsePartitionSpec('pt=1'),
    })
    const rows = [[1n], [null], [-3n]]
    const encoder = createRecordEncoder(upload.columns)
    const body = encodeBlock(encoder, [batchOf(upload.columns, rows)])
    const { sentBytes, requestId } = await upload.putBlock(7, RECORDS, body)
    const call = fake.calls[1]
    assert.ok(call?.body)
    assert.equal(requestId, 'R1')
    assert.equal(sentBytes, call.body.length)
    assert.equal(encoder.byteCount, sentBytes)
    assert.deepEqual(call.query, {
      uploadid: 'U1',
      blockid: '7',
      partition: 'pt=1',
      curr_project: 'p',
    })
    assert.equal(call.headers['transfer-encoding'], 'chunked')
    const decoder = new RecordDecoder(upload.columns)
    assert.deepEqual([...decoder.push(call.body), ...decoder.end()], rows)
  })

  for (const [compression, decode] of [
    ['deflate', zlib.inflateSync],
    ['zstd', zlib.zstdDecompressSync],
  ] as const) {
    test(`compresses with ${compression} and says so`, async () => {
      await using fake = await startFake(() => session())
      const upload = await fake.client.createUploadSession({ table: 't' })
      await upload.putBlock(0, { encoding: 'arrow', compression }, bytesOf('abc', '', 'def'))
      const call = fake.calls[1]
      assert.ok(call?.body)
      assert.equal(call.headers['content-encoding'], compression)
      assert.equal(call.query['arrow'], '')
      assert.equal(decode(call.body).toString(), 'abcdef')
    })
  }

  for (const compression of ['none', 'deflate', 'zstd'] as const) {
    test(`a source that breaks leaves the server without a whole body, and its error comes back (${compression})`, async () => {
      await using fake = await startFake(() => session())
      const upload = await fake.client.createUploadSession({ table: 't' })
      const broken = new Error('broker went away')
      async function* source(): AsyncGenerator<BodyChunks> {
        yield [randomBytes(200_000)]
        await fake.put.started
        throw broken
      }
      await assert.rejects(
        upload.putBlock(0, { encoding: 'record', compression }, source()),
        (error) => error === broken,
      )
      assert.equal((await fake.put.over).body, null)
    })
  }

  test('an error that the service answers before the body is over ends the sending and the source', async () => {
    const server = createServer((socket) => {
      const body = JSON.stringify({ Code: 'FlowExceeded', Message: 'slow down' })
      socket.once('data', () => {
        socket.write(
          `HTTP/1.1 429 X\r\nRetry-After: 3\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
      })
      socket.on('error', () => undefined)
    })
    await using upload = await uploadTo(server)
    const source = endless()
    await assert.rejects(upload.session.putBlock(0, RECORDS, source.chunks), {
      code: 'FlowExceeded',
      holdMs: 3000,
      retry: 'backoff',
    })
    await source.returned
  })

  test('a server that does not read stops the source: nothing piles up', async () => {
    const connected = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.pause()
      socket.on('error', () => undefined)
      connected.resolve()
    })
    await using upload = await uploadTo(server)
    const source = endless()
    const stop = new AbortController()
    const put = upload.session.putBlock(0, { ...RECORDS, signal: stop.signal }, source.chunks)
    await connected.promise
    // The kernel's buffers take some megabytes; then the count stands still.
    let before = -1
    while (source.count() !== before) {
      before = source.count()
      for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate)
    }
    assert.ok(source.count() * CHUNK < 64e6, `${source.count()} chunks were taken`)
    stop.abort()
    await assert.rejects(put, { code: 'Aborted' })
    await source.returned
  })

  test('block ids out of the range are refused before anything is sent', async () => {
    await using fake = await startFake(() => session())
    const upload = await fake.client.createUploadSession({ table: 't' })
    await assert.rejects(upload.putBlock(20_000, RECORDS, bytesOf()), { code: 'InvalidBlockID' })
    assert.equal(fake.calls.length, 1)
  })
})

const CHUNK = 256 * 1024

function endless(): {
  chunks: AsyncIterable<BodyChunks>
  returned: Promise<void>
  count: () => number
} {
  const returned = Promise.withResolvers<void>()
  let count = 0
  async function* chunks(): AsyncGenerator<BodyChunks> {
    try {
      for (;;) {
        count++
        yield [Buffer.alloc(CHUNK)]
      }
    } finally {
      returned.resolve()
    }
  }
  return { chunks: chunks(), returned: returned.promise, count: () => count }
}

/** A session whose blocks go to a raw socket server; its description comes from a service of its own. */
async function uploadTo(
  server: ReturnType<typeof createServer>,
): Promise<AsyncDisposable & { session: UploadSession }> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const sockets = new Set<{ destroy: () => void }>()
  server.on('connection', (socket) => sockets.add(socket))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const service = new Service(
    {
      endpoint,
      tunnelEndpoint: endpoint,
      project: 'p',
      schema: undefined,
      credentials: KEYS,
      region: undefined,
      quotaName: undefined,
      userAgent: 'test',
    },
    new HttpClient(),
    systemClock,
  )
  const description = {
    uploadId: 'U1',
    status: 'normal' as const,
    blocks: [],
    requestId: undefined,
    schema: { columns: [], partitionKeys: [] },
    overwrite: false,
    maxFieldSizeBytes: 1,
  }
  return {
    session: new UploadSession(service, { table: 't' }, description),
    [Symbol.asyncDispose]: async () => {
      service.close()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('completing', () => {
  /** A service whose session is at a status that POSTs change as the script says. */
  async function completing(
    posts: readonly (Reply | { reply: Reply; status: string })[],
    blockIds: readonly number[] = [0, 1],
  ): Promise<FakeService> {
    const script = [...posts]
    let status = 'normal'
    return startFake((call: Call) => {
      if (call.method === 'GET') return session(status, blockIds)
      if ('uploads' in call.query) return session()
      const next = script.shift()
      assert.ok(next !== undefined, 'one POST too many')
      if (typeof next === 'string' || !('reply' in next)) return next
      status = next.status
      return next.reply
    })
  }

  async function outcomeOf(
    fake: FakeService,
    expectedBlockIds: readonly number[] = [0, 1],
  ): Promise<CompleteOutcome> {
    const upload = await fake.client.createUploadSession({ table: 't' })
    fake.calls.length = 0
    return upload.complete({ expectedBlockIds })
  }

  test('compares the blocks, posts once, and is committed', async () => {
    await using fake = await completing([{ reply: session('closed'), status: 'closed' }])
    const { kind, evidence } = await outcomeOf(fake)
    assert.equal(kind, 'committed')
    assert.equal(evidence.posts, 1)
    assert.deepEqual(fake.seen(), ['GET uploadid', 'POST uploadid'])
  })

  test('other blocks than expected are told and nothing is posted', async () => {
    await using fake = await completing([], [1, 5])
    const { kind, evidence } = await outcomeOf(fake)
    assert.equal(kind, 'notCommitted')
    assert.deepEqual(evidence.missingBlockIds, [0])
    assert.deepEqual(evidence.unexpectedBlockIds, [5])
    assert.deepEqual(fake.seen(), ['GET uploadid'])
  })

  test('an answer that is lost after the commit is resolved by status, not by another POST', async () => {
    await using fake = await completing([{ reply: 'drop', status: 'closed' }])
    const { kind, evidence } = await outcomeOf(fake)
    assert.equal(kind, 'committed')
    assert.equal(evidence.posts, 1)
  })

  test('an answer that is lost before the commit leads to another POST, once the status says normal', async () => {
    await using fake = await completing(['drop', { reply: session('closed'), status: 'closed' }])
    const { kind, evidence } = await outcomeOf(fake)
    assert.equal(kind, 'committed')
    assert.equal(evidence.posts, 2)
    assert.deepEqual(fake.seen(), [
      'GET uploadid',
      'POST uploadid',
      'GET uploadid',
      'POST uploadid',
    ])
  })

  for (const [name, reply] of [
    ['StatusConflict', failure(400, 'StatusConflict')],
    ['a server error', failure(500, 'InternalServerError')],
    ['an answer that is no JSON', { body: '<html>' }],
  ] as const) {
    test(`${name} after the commit is resolved by status`, async () => {
      await using fake = await completing([{ reply, status: 'CLOSED' }])
      assert.equal((await outcomeOf(fake)).kind, 'committed')
    })
  }

  test('a session that is closing is waited for', async () => {
    let looks = 0
    await using fake = await startFake(({ method, query }) => {
      if ('uploads' in query) return session()
      if (method === 'POST') return session('closing')
      return session(['normal', 'closing', 'COMMITTING'][looks++] ?? 'closed', [0])
    })
    const { kind, evidence } = await outcomeOf(fake, [0])
    assert.equal(kind, 'committed')
    assert.equal(evidence.posts, 1)
    assert.equal(looks, 4)
  })

  test('a closed session is committed without a POST: it may be asked again by anyone', async () => {
    await using fake = await startFake(() => session('closed', [0]))
    const { kind, evidence } = await outcomeOf(fake, [0])
    assert.equal(kind, 'committed')
    assert.equal(evidence.posts, 0)
  })

  for (const status of ['expired', 'critical', 'canceled', 'somethingNew']) {
    test(`a session that is ${status} is of unknown outcome`, async () => {
      await using fake = await startFake(() => session(status, [0]))
      const { kind, evidence } = await outcomeOf(fake, [0])
      assert.equal(kind, 'unknown')
      assert.equal(evidence.status, status === 'somethingNew' ? 'unknown' : status)
    })
  }

  test('a session that the service does not know is of unknown outcome', async () => {
    await using fake = await startFake(({ method }) =>
      method === 'POST' ? session() : failure(404, 'NoSuchUpload'),
    )
    const { kind, evidence } = await outcomeOf(fake, [0])
    assert.equal(kind, 'unknown')
    assert.equal(evidence.status, 'noSuchUpload')
    assert.equal(evidence.error?.code, 'NoSuchUpload')
  })

  test('a refusal while the session stays normal is not committed', async () => {
    await using fake = await completing([failure(403, 'NoPermission')])
    const { kind, evidence } = await outcomeOf(fake)
    assert.equal(kind, 'notCommitted')
    assert.equal(evidence.error?.code, 'NoPermission')
  })

  test('after a lost answer "not committed" is never claimed, however long the session stays normal', async () => {
    await using fake = await completing(Array.from({ length: 8 }, () => 'drop' as const))
    const { kind, evidence } = await outcomeOf(fake)
    assert.equal(kind, 'unknown')
    assert.equal(evidence.posts, 8)
  })

  test('being stopped by the caller is thrown', async () => {
    await using fake = await startFake(() => session('normal', [0]))
    const upload = await fake.client.createUploadSession({ table: 't' })
    await assert.rejects(upload.complete({ expectedBlockIds: [0], signal: AbortSignal.abort() }), {
      code: 'Aborted',
    })
  })
})
