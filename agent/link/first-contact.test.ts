/** Enrolment and a call through an HTTP CONNECT proxy, and what a TLS interceptor looks like. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { readHostFacts } from '../host/facts.ts'
import { AgentError } from './agent-error.ts'
import { enrolAgent } from './enrol.ts'
import type { EnrolOptions } from './enrol.ts'
import { makeTestTls, TestPlane } from './test-plane.ts'
import type { TestTls } from './test-plane.ts'

const SECRET = 's'.repeat(43)
const PASSWORD = 'p%40ss'
const BASIC = `Basic ${Buffer.from('sluice:p@ss').toString('base64')}`
let tls: TestTls
before(async () => {
  tls = await makeTestTls()
})

interface Proxy {
  readonly port: number
  readonly asked: readonly string[]
}

/** Lets through whoever says the name and password. */
async function startProxy(t: TestContext): Promise<Proxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer()
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (request.headers['proxy-authorization'] !== BASIC) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    asked.push(request.url ?? '')
    const [host, port] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    sockets.add(upstream)
    upstream.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

async function setUp(t: TestContext, proxyUrl: string): Promise<EnrolOptions> {
  const plane = await TestPlane.start(tls)
  const parent = await mkdtemp(join(tmpdir(), 'sluice-first-'))
  const before = process.env['https_proxy']
  process.env['https_proxy'] = proxyUrl
  t.after(async () => {
    if (before === undefined) delete process.env['https_proxy']
    else process.env['https_proxy'] = before
    plane.stop()
    await rm(parent, { recursive: true })
  })
  return {
    server: { host: '127.0.0.1', port: plane.port },
    token: `${SECRET}.${tls.pin.slice(0, 32)}`,
    stateDir: join(parent, 'state'),
    name: '',
    facts: await readHostFacts(),
    force: false,
  }
}

test('first contact and enrolment both go through the proxy, with its password', async (t) => {
  const proxy = await startProxy(t)
  const options = await setUp(t, `http://sluice:${PASSWORD}@127.0.0.1:${proxy.port}`)
  assert.equal((await enrolAgent(options)).agentId, 'a1')
  const target = `127.0.0.1:${options.server.port}`
  assert.deepEqual(proxy.asked, [target, target])
})

test('a proxy that refuses the password is named, and the password is not', async (t) => {
  const proxy = await startProxy(t)
  const options = await setUp(t, `http://sluice:wr0ng-pass@127.0.0.1:${proxy.port}`)
  await assert.rejects(enrolAgent(options), (error: unknown) => {
    assert.ok(error instanceof AgentError)
    assert.equal(error.code, 'UNREACHABLE')
    assert.match(error.message, /through the proxy 127\.0\.0\.1:\d+ of https_proxy: .*\(407\)/)
    assert.ok(!error.message.includes('wr0ng-pass'))
    return true
  })
})

test('what opens TLS on the way is named by the issuer that it shows', async (t) => {
  const options = await setUp(t, '')
  const other = await TestPlane.start(await makeTestTls())
  t.after(() => other.stop())
  const server = { host: '127.0.0.1', port: other.port }
  await assert.rejects(enrolAgent({ ...options, server }), (error: unknown) => {
    assert.ok(error instanceof AgentError)
    assert.equal(error.code, 'CA_MISMATCH')
    assert.match(error.message, /issued by "CN=test CA".*a proxy that opens TLS/)
    return true
  })
  assert.equal(other.enrolments.length, 0)
})
