import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { status } from '@grpc/grpc-js'
import * as x509 from '@peculiar/x509'

import { readHostFacts } from '../host/facts.ts'
import { AgentError } from './agent-error.ts'
import { enrolAgent } from './enrol.ts'
import type { EnrolOptions } from './enrol.ts'
import { loadIdentity } from './identity.ts'
import { makeTestTls, TestPlane } from './test-plane.ts'
import type { TestTls } from './test-plane.ts'

const SECRET = 's'.repeat(43)
let tls: TestTls
before(async () => {
  tls = await makeTestTls()
})

async function setUp(t: TestContext): Promise<{
  readonly plane: TestPlane
  readonly options: EnrolOptions
  readonly stateDir: string
}> {
  const plane = await TestPlane.start(tls)
  const parent = await mkdtemp(join(tmpdir(), 'sluice-enrol-'))
  t.after(async () => {
    plane.stop()
    await rm(parent, { recursive: true })
  })
  const stateDir = join(parent, 'state')
  const options = {
    server: { host: '127.0.0.1', port: plane.port },
    token: `${SECRET}.${tls.pin.slice(0, 32)}`,
    stateDir,
    name: '',
    facts: await readHostFacts(),
    force: false,
  }
  return { plane, options, stateDir }
}

function publicKeyOf(csrDer: Buffer): string {
  const request = new x509.Pkcs10CertificateRequest(new Uint8Array(csrDer))
  return Buffer.from(request.publicKey.rawData).toString('hex')
}

function refusal(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AgentError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.ok(!error.message.includes(SECRET))
    return true
  }
}

test('an agent pins the CA, sends a request but never its key, and keeps its identity', async (t) => {
  const { plane, options, stateDir } = await setUp(t)
  const identity = await enrolAgent(options)
  assert.equal(identity.agentId, 'a1')
  assert.equal(plane.enrolments[0]?.token, SECRET)
  assert.ok(!JSON.stringify(plane.enrolments).includes('PRIVATE'))
  assert.deepEqual(await loadIdentity(stateDir), identity)
  assert.equal(identity.caPem.trim(), tls.caPem.trim())
  assert.equal((await stat(join(stateDir, 'agent.key'))).mode & 0o777, 0o600)
  assert.equal((await stat(stateDir)).mode & 0o777, 0o700)
})

test('a server whose CA is not the pinned one gets neither the token nor an agent', async (t) => {
  const { plane, options, stateDir } = await setUp(t)
  const token = `${SECRET}.${'0'.repeat(32)}`
  await assert.rejects(
    enrolAgent({ ...options, token }),
    refusal('CA_MISMATCH', /does not show the CA that the token names/),
  )
  assert.equal(plane.enrolments.length, 0)
  assert.equal(await loadIdentity(stateDir), null)
})

test('a CA that is shown but did not sign the server certificate is refused', async (t) => {
  const { options } = await setUp(t)
  const other = await makeTestTls()
  const [leaf] = other.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)
  const impostor = await TestPlane.start({ ...other, chainPem: `${leaf}${tls.caPem}` })
  t.after(() => impostor.stop())
  await assert.rejects(
    enrolAgent({ ...options, server: { host: '127.0.0.1', port: impostor.port } }),
    refusal('CA_MISMATCH', /./),
  )
  assert.equal(impostor.enrolments.length, 0)
})

test('after a refused or lost call the same key is used again', async (t) => {
  const { plane, options } = await setUp(t)
  plane.enrolErrorOnce = { code: status.UNAVAILABLE, details: 'restarting' }
  await assert.rejects(enrolAgent(options), refusal('UNREACHABLE', /restarting/))
  await enrolAgent(options)
  const [first, second] = plane.enrolments.map(({ csrDer }) => publicKeyOf(csrDer))
  assert.equal(first, second)
})

test('what the control plane says against a token reaches the person', async (t) => {
  const { plane, options } = await setUp(t)
  plane.enrolErrorOnce = {
    code: status.FAILED_PRECONDITION,
    details: 'the enrolment token expired',
  }
  await assert.rejects(enrolAgent(options), refusal('ENROL_REFUSED', /the enrolment token expired/))
})

test('enrolling again over an identity of the same control plane changes nothing', async (t) => {
  const { plane, options } = await setUp(t)
  const first = await enrolAgent(options)
  assert.deepEqual(await enrolAgent(options), first)
  assert.equal(plane.enrolments.length, 1)
})

test('an identity of another control plane is kept, unless --force gives it up', async (t) => {
  const { plane, options, stateDir } = await setUp(t)
  const first = await enrolAgent(options)
  await writeFile(join(stateDir, 'ca.pem'), (await makeTestTls()).caPem)
  await assert.rejects(enrolAgent(options), refusal('ALREADY_ENROLLED', /--force/))
  const second = await enrolAgent({ ...options, force: true })
  assert.notEqual(second.keyPem, first.keyPem)
  assert.equal(plane.enrolments.length, 2)
})

test('an incomplete token or state directory is named, without the secret', async (t) => {
  const { options, stateDir } = await setUp(t)
  await assert.rejects(
    enrolAgent({ ...options, token: SECRET }),
    refusal('TOKEN_INVALID', /copy it as one line/),
  )
  await enrolAgent(options)
  await rm(join(stateDir, 'agent.key'))
  await assert.rejects(loadIdentity(stateDir), refusal('STATE_INVALID', /no agent\.key/))
  await writeFile(join(stateDir, 'identity.json'), '{"agentId": 3}')
  await assert.rejects(
    loadIdentity(stateDir),
    refusal('STATE_INVALID', /identity\.json is damaged/),
  )
  assert.equal(await readFile(join(stateDir, 'ca.pem'), 'utf8').then((pem) => pem.length > 0), true)
})

test('where nobody speaks TLS the address is named, and that the API has another port', async (t) => {
  const { options } = await setUp(t)
  const silent = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1')
  t.after(() => silent.close())
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port } = silent.address() as AddressInfo
  await assert.rejects(
    enrolAgent({ ...options, server: { host: '127.0.0.1', port } }),
    refusal(
      'UNREACHABLE',
      new RegExp(`127\\.0\\.0\\.1:${port} cannot be reached by TLS: .*does not speak TLS`),
    ),
  )
})
