import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import * as http from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'

import { type BodyChunks, HttpClient, type HttpRequest, readBody } from './http.ts'
import { SendBuffers } from './tunnel/send-buffers.ts'

/** A raw server, so that it can misbehave. */
async function serve(
  handle: (socket: Socket, head: string) => void,
): Promise<AsyncDisposable & { readonly url: string; readonly connections: () => number }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      handle(socket, data.toString('latin1'))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?secret=1`,
    connections: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Answers 200 once `read` is done with the request. */
async function serveHttp(
  read: (request: http.IncomingMessage) => Promise<void>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = http.createServer((request, response) => {
    void read(request).then(() => response.end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    url,
    headers: {},
    body: null,
    freshConnection: false,
    answerMsMax: 5000,
    signal: undefined,
    ...more,
  }
}

const LIMITS = { connectMs: 5000, idleMs: 5000 }
const IMPATIENT = { connectMs: 5000, idleMs: 20 }
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('an answer that does not come in time is told, without the query', async () => {
  await using server = await serve(() => undefined)
  await assert.rejects(new HttpClient(LIMITS).send(get(server.url, { answerMsMax: 20 })), {
    code: 'ResponseTimeout',
    reached: 'maybe',
    message: /^GET http:\/\/127\.0\.0\.1:\d+\/path: no answer within/,
  })
})

test('a body that stops coming is told', async () => {
  await using server = await serve((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')
  })
  const response = await new HttpClient(IMPATIENT).send(get(server.url))
  await assert.rejects(readBody(response, 1000, 'GET'), { code: 'IdleTimeout' })
})

test('a body that is cut off is told', async () => {
  await using server = await serve((socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')
  })
  const response = await new HttpClient(LIMITS).send(get(server.url))
  await assert.rejects(readBody(response, 1000, 'GET'), { code: 'ConnectionReset' })
})

test('a body beyond the limit is not read to its end', async () => {
  await using server = await serve((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(50_000)}`)
  })
  const response = await new HttpClient(LIMITS).send(get(server.url))
  await assert.rejects(readBody(response, 1000, 'GET'), { code: 'ResponseTooLarge' })
})

test('connections are kept, unless a fresh one is asked for', async () => {
  await using server = await serve((socket) => socket.write(OK))
  const client = new HttpClient(LIMITS)
  for (const [freshConnection, connections] of [
    [false, 1],
    [false, 1],
    [true, 2],
    [true, 3],
  ] as const) {
    const response = await client.send(get(server.url, { freshConnection }))
    assert.equal((await readBody(response, 10, 'GET')).toString(), 'ok')
    await new Promise(setImmediate)
    assert.equal(server.connections(), connections)
  }
  client.close()
})

for (const [source, turns] of [
  ['always has more', 0],
  ['pauses between its steps', 3],
] as const) {
  test(`a server that takes no data any more is told, when the source ${source}`, async () => {
    await using server = await serve((socket) => socket.pause())
    let steps = 0
    async function* endless(): AsyncGenerator<BodyChunks> {
      for (; ; steps++) {
        yield [Buffer.alloc(1 << 18)]
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      }
    }
    const request = get(server.url, { method: 'PUT', body: endless() })
    await assert.rejects(new HttpClient(IMPATIENT).send(request), { code: 'IdleTimeout' })
    assert.ok(steps < 256, `${steps} steps were taken`) // the kernel's buffers hold some megabytes
  })
}

test('being stopped ends a request that waits, and a body that is read', async () => {
  await using silent = await serve(() => undefined)
  const stop = new AbortController()
  const sent = new HttpClient().send(get(silent.url, { answerMsMax: 5000, signal: stop.signal }))
  stop.abort()
  await assert.rejects(sent, { code: 'Aborted' })

  await using slow = await serve((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')
  })
  const stopLater = new AbortController()
  const request = get(slow.url, { answerMsMax: 5000, signal: stopLater.signal })
  const response = await new HttpClient().send(request)
  const read = readBody(response, 1000, 'GET')
  stopLater.abort()
  await assert.rejects(read, { code: 'Aborted' })
})

test('a slow source is not taken for a slow network', async () => {
  await using server = await serve((socket, head) => {
    if (head.endsWith('0\r\n\r\n')) socket.write(OK)
  })
  const client = new HttpClient({ ...LIMITS, idleMs: 5 })
  async function* slow(): AsyncGenerator<BodyChunks> {
    yield [Buffer.from('a')]
    // Longer than the limit of idleness: time that the source takes for itself.
    const until = Date.now() + 40
    while (Date.now() < until) await new Promise(setImmediate)
    yield [Buffer.from('b')]
  }
  const request = get(server.url, { method: 'PUT', body: slow() })
  assert.equal((await client.send(request)).status, 200)
  client.close()
})

test('what the source has given is sent while more is waited for', async () => {
  const arrived = Promise.withResolvers<void>()
  await using server = await serve((socket, text) => {
    if (text.includes('first')) arrived.resolve()
    if (text.endsWith('0\r\n\r\n')) socket.write(OK)
  })
  async function* patient(): AsyncGenerator<BodyChunks> {
    yield [Buffer.from('head')]
    yield [Buffer.alloc(0), Buffer.from('first')]
    await arrived.promise
    yield []
    yield [Buffer.from('second')]
  }
  const client = new HttpClient(LIMITS)
  const request = get(server.url, { method: 'PUT', body: patient() })
  assert.equal((await client.send(request)).status, 200)
  client.close()
})

/** Of several flushes, and no divisor of what leaves at once. */
const REUSED_BYTES = 200_000
const REUSES = 40

for (const [source, turns] of [
  ['a source that is always ahead', 0],
  ['a source that pauses between its steps', 3],
] as const) {
  test(`of ${source} memory that was given back is written again, and the server still gets every byte as it was`, async () => {
    const hash = createHash('sha256')
    await using server = await serveHttp(async (request) => {
      for await (const piece of request as AsyncIterable<Buffer>) {
        hash.update(piece)
        await new Promise(setImmediate) // slower than the sender
      }
    })
    const expected = createHash('sha256')
    const buffers = new SendBuffers()
    const seen = new Set<Uint8Array>()
    async function* body(): AsyncGenerator<BodyChunks> {
      for (let i = 1; i <= REUSES; i++) {
        const buffer = buffers.take(REUSED_BYTES)
        seen.add(buffer)
        const content = buffer.subarray(0, REUSED_BYTES).fill(i)
        expected.update(content)
        buffers.handedOut(buffer, i * REUSED_BYTES)
        yield [content.subarray(0, 7), content.subarray(7)]
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
      }
    }
    const client = new HttpClient(LIMITS)
    const onBodyTaken = (byteCount: number): void => buffers.taken(byteCount)
    const response = await client.send(
      get(server.url, { method: 'PUT', body: body(), onBodyTaken, freshConnection: true }),
    )
    assert.equal(response.status, 200)
    assert.equal(hash.digest('hex'), expected.digest('hex'))
    assert.ok(seen.size < REUSES / 2, `${seen.size} buffers for ${REUSES} chunks`)
    client.close()
  })
}
