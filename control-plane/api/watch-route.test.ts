/** /runs/{id}/watch over real WebSockets, as a browser and as a program open it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'

import { WebSocket } from 'ws'

import type { WatchEvent } from './shapes/watch.ts'
import { progressOf, startTestServer, type TestServer } from './test-server.ts'

let server: TestServer

before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

function url(path: string): string {
  return server.url.replace('http', 'ws') + path
}

/** The status of the answer to a handshake that is refused. */
async function refusal(socket: WebSocket): Promise<number | undefined> {
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode?: number },
  ]
  socket.on('error', () => {})
  socket.terminate()
  return response.statusCode
}

test('a browser offers the token as a subprotocol, which is not echoed', async () => {
  server.runs.set(progressOf(1, { state: 'succeeded', finishedAtMs: 1 }))
  const protocols = ['sluice.v1', `sluice.token.${server.token}`]
  const socket = new WebSocket(url('/api/v1/runs/1/watch'), protocols)
  const events: WatchEvent[] = []
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString()) as WatchEvent))
  const [code] = (await once(socket, 'close')) as [number]
  assert.equal(code, 1000)
  assert.equal(socket.protocol, 'sluice.v1')
  assert.deepEqual(
    events.map((event) => event.type),
    ['end'],
  )
})

test('a wrong token, an unknown run and a plain request are refused before the upgrade', async () => {
  const wrong = new WebSocket(url('/api/v1/runs/1/watch'), ['sluice.v1', 'sluice.token.wrong'])
  assert.equal(await refusal(wrong), 401)
  const headers = { authorization: `Bearer ${server.token}` }
  const unknown = new WebSocket(url('/api/v1/runs/99/watch'), ['sluice.v1'], { headers })
  assert.equal(await refusal(unknown), 404)
  const plain = await fetch(`${server.url}/api/v1/runs/1/watch`, { headers })
  assert.equal(plain.status, 400)
})

test('a watcher that goes away is forgotten', async () => {
  server.runs.set(progressOf(2))
  const headers = { authorization: `Bearer ${server.token}` }
  const socket = new WebSocket(url('/api/v1/runs/2/watch?logs=false'), ['sluice.v1'], { headers })
  await once(socket, 'message')
  assert.equal(server.runs.watcherCount(2), 1)
  const forgotten = server.runs.forgotten(2)
  socket.terminate()
  await forgotten
  assert.equal(server.runs.watcherCount(2), 0)
})

test('closing the API ends live connections', async () => {
  const other = await startTestServer()
  other.runs.set(progressOf(3))
  const headers = { authorization: `Bearer ${other.token}` }
  const address = `${other.url.replace('http', 'ws')}/api/v1/runs/3/watch`
  const socket = new WebSocket(address, ['sluice.v1'], { headers })
  await once(socket, 'message')
  const closed = once(socket, 'close')
  await other.stop()
  await closed
})
