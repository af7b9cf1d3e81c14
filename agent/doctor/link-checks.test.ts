import assert from 'node:assert/strict'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'

import type { CheckReply } from '../../proto/gen/sluice/agent/v1/CheckReply.ts'
import { makeTestTls, type TestTls } from '../link/test-plane.ts'
import { checkLine, type HostCheck } from './host-check.ts'
import { linkChecks, type LinkCheckOptions } from './link-checks.ts'

const NOW_MS = Date.now()
const good: CheckReply = { planeTimeMs: NOW_MS, version: '1.0.0', token: 'GOOD', group: 'idc' }

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function tlsPort(t: TestContext, { chainPem, keyPem }: TestTls): Promise<number> {
  const server = createTlsServer({ cert: chainPem, key: keyPem, ALPNProtocols: ['h2'] })
  server.on('tlsClientError', () => {})
  server.on('secureConnection', (socket) => socket.on('error', () => {}))
  return listening(t, server)
}

/** Answers CONNECT with the status; with 200 it passes everything on. */
function proxyPort(t: TestContext, decide: (head: string) => number): Promise<number> {
  return listening(
    t,
    createServer((socket) => {
      socket.once('data', (data) => {
        const head = data.toString()
        const status = decide(head)
        socket.write(`HTTP/1.1 ${status} Said\r\n\r\n`)
        if (status !== 200) return void socket.end()
        const port = Number(/^CONNECT [^:]+:(\d+)/.exec(head)?.[1])
        const onward = connect(port, '127.0.0.1')
        onward.on('error', () => {})
        socket.pipe(onward).pipe(socket)
      })
    }),
  )
}

async function check(
  port: number,
  more: Partial<LinkCheckOptions> = {},
): Promise<ReadonlyMap<string, HostCheck>> {
  const checks = await linkChecks({
    server: { host: '127.0.0.1', port },
    env: {},
    caPin: null,
    tokenSecret: 'secret',
    tokenNotNeeded: null,
    ask: async () => good,
    nowMs: () => NOW_MS,
    ...more,
  })
  return new Map(checks.map((one) => [one.name, one]))
}

const line = (checks: ReadonlyMap<string, HostCheck>, name: string): string =>
  checkLine(checks.get(name)!)

test('all well: every stage says what it saw', async (t) => {
  const tls = await makeTestTls()
  const checks = await check(await tlsPort(t, tls), { caPin: tls.pin.slice(0, 32) })
  assert.deepEqual(
    [...checks.values()].map(({ outcome }) => outcome),
    Array(7).fill('ok'),
  )
  assert.match(line(checks, 'token'), /good, for group idc/)
})

test('nothing listens: TCP fails, and what needs it is skipped', async (t) => {
  const server = createServer()
  const port = await listening(t, server)
  await new Promise((resolve) => server.close(resolve))
  const checks = await check(port)
  assert.match(line(checks, 'tcp'), /^FAIL .*nothing listens there/)
  assert.equal(checks.get('token')?.outcome, 'skip')
})

test('a name that does not exist fails at the name server', async () => {
  const checks = await check(1, { server: { host: 'nowhere.invalid', port: 1 } })
  assert.match(line(checks, 'dns'), /^FAIL .*nowhere\.invalid cannot be resolved/)
})

test('TLS that somebody else opens is named by the certificate that was shown', async (t) => {
  const checks = await check(await tlsPort(t, await makeTestTls()), { caPin: 'ab'.repeat(16) })
  assert.match(line(checks, 'tls'), /^FAIL .*issued by "CN=test CA".*opens TLS/)
  assert.equal(checks.get('clock')?.outcome, 'skip')
})

test('a port without TLS is named', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => socket.end('SSH-2.0-OpenSSH_9\r\n')),
  )
  assert.match(line(await check(port), 'tls'), /^FAIL .*does not speak TLS/)
})

test('a clock that is off by more than the certificate allows is named as the clock', async (t) => {
  const tls = await makeTestTls()
  const checks = await check(await tlsPort(t, tls), {
    caPin: tls.pin,
    nowMs: () => NOW_MS - 20 * 365 * 86_400_000,
  })
  assert.match(line(checks, 'clock'), /^FAIL .*before the certificate of the control plane begins/)
})

test('a proxy that wants to know who asks is told apart from one that refuses the answer', async (t) => {
  const port = await proxyPort(t, () => 407)
  const asks = await check(1, { env: { https_proxy: `http://127.0.0.1:${port}` } })
  assert.match(line(asks, 'proxy'), /^FAIL .*asks for a user name and password: set https_proxy=/)
  const refuses = await check(1, { env: { https_proxy: `http://u:secret@127.0.0.1:${port}` } })
  assert.match(line(refuses, 'proxy'), /^FAIL .*refuses the user name and password of https_proxy/)
  assert.doesNotMatch(line(refuses, 'proxy'), /secret/)
})

test('a proxy that forbids the port is named with the port', async (t) => {
  const port = await proxyPort(t, () => 403)
  const checks = await check(7421, { env: { https_proxy: `http://127.0.0.1:${port}` } })
  assert.match(
    line(checks, 'proxy'),
    /^FAIL .*answered 403.*have CONNECT to 127\.0\.0\.1:7421 allowed/,
  )
})

test('through a proxy with a password all stages are looked at', async (t) => {
  const tls = await makeTestTls()
  const target = await tlsPort(t, tls)
  const wanted = `Proxy-Authorization: Basic ${Buffer.from('u:p').toString('base64')}`
  const port = await proxyPort(t, (head) => (head.includes(wanted) ? 200 : 407))
  const checks = await check(target, {
    caPin: tls.pin,
    env: { https_proxy: `http://u:p@127.0.0.1:${port}` },
  })
  assert.match(line(checks, 'tcp'), /^ok .*through the proxy/)
  assert.equal(checks.get('tls')?.outcome, 'ok')
})

test('each fate of a token has its own words', async (t) => {
  const tls = await makeTestTls()
  const port = await tlsPort(t, tls)
  const fate = async (token: CheckReply['token']): Promise<string> =>
    line(await check(port, { ask: async () => ({ ...good, token }) }), 'token')
  assert.match(await fate('EXPIRED'), /^FAIL .*too old: .*30 minutes/)
  assert.match(await fate('USED'), /^FAIL .*used already/)
  assert.match(await fate('UNKNOWN'), /^FAIL .*unknown to the control plane/)
  const none = await check(port, { tokenSecret: null })
  assert.match(line(none, 'token'), /^FAIL .*none was given: set SLUICE_ENROL_TOKEN/)
})
