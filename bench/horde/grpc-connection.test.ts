/** Against Node's own HTTP/2 server, which is strict about windows and frames. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'

import { GrpcConnection } from './grpc-connection.ts'

const LARGE_BYTES = 300_000 // several windows
/** A window would be over after 7,000, if the headers of frames counted. */
const MESSAGES = 20_000

interface Setup {
  readonly server: Http2Server
  readonly socket: Socket
  readonly connection: GrpcConnection
}

async function setUp(
  t: TestContext,
  onStream: (stream: ServerHttp2Stream) => void,
): Promise<Setup> {
  const server = createServer()
  server.on('stream', (stream) => {
    stream.on('error', () => {})
    onStream(stream)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => {
    socket.destroy()
    server.close()
  })
  return { server, socket, connection: new GrpcConnection(socket, 'somewhere') }
}

/** Sends everything back and ends when the client does. */
function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.pipe(stream)
}

function ended(
  connection: GrpcConnection,
  messages: readonly Buffer[],
): Promise<{ readonly echoed: Buffer[] }> {
  return new Promise((resolve) => {
    const echoed: Buffer[] = []
    const call = connection.open(
      '/service/Echo',
      { 'x-process': 'p1' },
      {
        onMessage: (message) => {
          echoed.push(Buffer.from(message))
          if (echoed.length === messages.length) call.end()
        },
        onEnd: () => resolve({ echoed }),
      },
    )
    for (const message of messages) call.write(message)
  })
}

test('messages of any length come back whole and in order, in windows of either end', async (t) => {
  const { connection } = await setUp(t, echo)
  const messages = [0, 1, 16_379, 16_380, 65_530, LARGE_BYTES, 3].map((bytes, index) =>
    Buffer.alloc(bytes, index + 1),
  )
  assert.deepEqual((await ended(connection, messages)).echoed, messages)
  assert.deepEqual((await ended(connection, messages)).echoed, messages)
})

test('a call of thousands of messages does not use up its window', async (t) => {
  const { connection } = await setUp(t, echo)
  const message = Buffer.from('x')
  const count = await new Promise<number>((resolve) => {
    let echoed = 0
    const onMessage = (): void => {
      echoed += 1
      if (echoed < MESSAGES) call.write(message)
      else call.end()
    }
    const call = connection.open('/service/Echo', {}, { onMessage, onEnd: () => resolve(echoed) })
    call.write(message)
  })
  assert.equal(count, MESSAGES)
})

test('a request carries its path, authority and metadata', async (t) => {
  const seen: unknown[] = []
  const { connection, server } = await setUp(t, echo)
  server.on('stream', (_stream, headers) => {
    seen.push(headers[':path'], headers[':authority'], headers['x-process'], headers['te'])
  })
  await ended(connection, [Buffer.from('x')])
  assert.deepEqual(seen, ['/service/Echo', 'somewhere', 'p1', 'trailers'])
})

test('a ping of the server is answered', async (t) => {
  const { server, connection } = await setUp(t, echo)
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => void sessions.push(session))
  await ended(connection, [Buffer.from('x')])
  const payload = Buffer.from('12345678')
  const answer = await new Promise<Buffer>((resolve) =>
    sessions[0]?.ping(payload, (_error, _ms, bytes) => resolve(bytes)),
  )
  assert.deepEqual(answer, payload)
})

test('a call that the server resets is over, and others go on', async (t) => {
  let calls = 0
  const { connection } = await setUp(t, (stream) => {
    calls += 1
    if (calls === 1) stream.close(8)
    else echo(stream)
  })
  const { echoed } = await ended(connection, [Buffer.from('lost')])
  assert.equal(echoed.length, 0)
  assert.equal((await ended(connection, [Buffer.from('kept')])).echoed.length, 1)
})

test('a server that reads nothing is left once too much waits for it', async (t) => {
  const { connection, socket } = await setUp(t, () => {})
  const call = connection.open('/service/Echo', {}, { onMessage: () => {}, onEnd: () => {} })
  const failed = once(socket, 'error')
  for (let sent = 0; sent < 1100 && !socket.destroyed; sent += 1) call.write(Buffer.alloc(65_000))
  assert.match(String((await failed)[0]), /reads nothing/)
})
