/** A running agent's identity: renewed, probed, quarantined, replaced. Over real connections. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { status } from '@grpc/grpc-js'
import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import { readHostFacts } from '../host/facts.ts'
import { LogRing } from '../loops/log-ring.ts'
import { startAgent } from '../start-agent.ts'
import type { RunningAgent } from '../start-agent.ts'
import { certificateRequest } from './agent-key.ts'
import { becomeNew, finishBecoming } from './become-new.ts'
import { enrolAndStay } from './enrol.ts'
import type { Enrolment } from './enrol.ts'
import {
  loadGeneration,
  loadIdentity,
  obtainKey,
  saveGeneration,
  saveNewIdentity,
} from './identity.ts'
import type { Identity } from './identity.ts'
import { DEFAULT_AGENT_LINK_SETTINGS } from './link-settings.ts'
import type { Status } from './status-file.ts'
import { TestExecutor } from './test-executor.ts'
import { makeTestTls, testCertificate, TestPlane } from './test-plane.ts'
import type { PlaneSession, TestTls } from './test-plane.ts'

const HOUR_MS = 60 * 60_000
const NOW_MS = Date.UTC(2026, 0, 1)
const LOAD = {
  cpuPercent: 1,
  memoryTotalBytes: 1,
  memoryUsedBytes: 1,
  load1: 0,
  diskTotalBytes: 10 ** 12,
  diskFreeBytes: 10 ** 11,
  networkReceivedBytes: 0,
  networkSentBytes: 0,
}
let tls: TestTls
before(async () => {
  tls = await makeTestTls()
})

interface Setup {
  readonly plane: TestPlane
  readonly clock: ManualClock
  readonly stateDir: string
  readonly identity: Identity
  readonly agent: RunningAgent
  readonly logged: () => string
  /** As status.json says it. */
  readonly status: (state: Status['state']) => Promise<Status>
}

async function setUp(
  t: TestContext,
  generation = 0,
  enrols: 'before' | 'now' | 'nowAndIsCutOff' = 'before',
): Promise<Setup> {
  const plane = await TestPlane.start(tls)
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-identity-'))
  const clock = new ManualClock(NOW_MS)
  const { identity, client } =
    enrols === 'before'
      ? { identity: await makeIdentity(plane, stateDir), client: null }
      : await enrolWith(plane, stateDir)
  if (enrols === 'nowAndIsCutOff') client?.close()
  if (generation > 0) await saveGeneration(stateDir, generation)
  const lines: string[] = []
  const agent = await startAgent({
    identity,
    firstClient: client,
    stateDir,
    executor: new TestExecutor(2),
    settings: DEFAULT_AGENT_LINK_SETTINGS,
    clock,
    random: () => 0.5,
    ring: new LogRing(() => clock.nowMs()),
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    sampleLoad: async () => LOAD,
  })
  t.after(async () => {
    plane.stop()
    const stopped = agent.stop()
    for (let done = false; !done;) {
      clock.advance(1_000)
      done = await Promise.race([stopped.then(() => true), turn().then(() => false)])
    }
    await rm(stateDir, { recursive: true })
  })
  const statusOf = async (state: Status['state']): Promise<Status> => {
    for (;;) {
      const text = await readFile(join(stateDir, 'status.json'), 'utf8').catch(() => '{}')
      const status = JSON.parse(text) as Status
      if (status.state === state) return status
      await turn()
    }
  }
  return { plane, clock, stateDir, identity, agent, logged: () => lines.join(''), status: statusOf }
}

/** As it is on the disk of an agent that was enrolled before. */
async function makeIdentity(plane: TestPlane, stateDir: string): Promise<Identity> {
  const keyPem = await obtainKey(stateDir)
  const identity: Identity = {
    agentId: 'a1',
    name: 'edge',
    group: 'idc',
    server: { host: '127.0.0.1', port: plane.port },
    keyPem,
    certificatePem: await testCertificate(tls, certificateRequest(keyPem), NOW_MS),
    caPem: tls.caPem,
  }
  await saveNewIdentity(stateDir, identity, '')
  return identity
}

async function enrolWith(plane: TestPlane, stateDir: string): Promise<Enrolment> {
  return enrolAndStay({
    server: { host: '127.0.0.1', port: plane.port },
    token: `${'s'.repeat(43)}.${tls.pin.slice(0, 32)}`,
    stateDir,
    name: '',
    facts: await readHostFacts(),
    force: false,
  })
}

/** The control plane may be silent for days: time is moved by hours here. */
async function welcomeForLong(session: PlaneSession): Promise<void> {
  await session.gets('hello')
  const welcome = { protocolVersion: 1, leaseMs: 48 * HOUR_MS, beatMs: HOUR_MS, generation: 1 }
  session.send({ welcome })
  await session.gets('reconciled')
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('the new generation is on the disk before Reconciled, and the next Hello says it', async (t) => {
  const { plane, clock, stateDir, status: statusOf } = await setUp(t, 4)
  const session = await plane.session()
  assert.equal((await session.gets('hello')).generation, 4)
  await session.welcome([], 7)
  assert.equal(await loadGeneration(stateDir), 7)
  const { connected, agentId, name, group } = await statusOf('connected')
  assert.deepEqual([connected, agentId, name, group], [true, 'a1', 'edge', 'idc'])
  session.breakOff()
  await statusOf('connecting')
  clock.advance(60_000)
  assert.equal((await (await plane.session(2)).gets('hello')).generation, 7)
})

test('the first session goes over the connection of the enrolment, the next one over its own', async (t) => {
  const { plane, clock, status: statusOf } = await setUp(t, 0, 'now')
  const session = await plane.session()
  await session.welcome()
  assert.deepEqual([session.call.getPeer()], plane.enrolPeers)
  await statusOf('connected')
  session.breakOff()
  await statusOf('connecting')
  clock.advance(60_000)
  const next = await plane.session(2)
  await next.welcome()
  assert.ok(!plane.enrolPeers.includes(next.call.getPeer()))
})

test('UNKNOWN_AGENT over the connection of the enrolment is no verdict: the next one has the certificate', async (t) => {
  const { plane, clock, status: statusOf } = await setUp(t, 0, 'now')
  const session = await plane.session()
  await session.gets('hello')
  session.send({ fenced: { reason: 'UNKNOWN_AGENT', message: 'signed by nobody here' } })
  await session.over()
  while (plane.sessions.length === 1) {
    clock.advance(1_000)
    await turn()
  }
  await (await plane.session(2)).welcome()
  await statusOf('connected')
})

test('a connection of the enrolment that is gone already is not used', async (t) => {
  const { plane } = await setUp(t, 0, 'nowAndIsCutOff')
  const session = await plane.session()
  await session.welcome()
  assert.ok(!plane.enrolPeers.includes(session.call.getPeer()))
})

test('a probe is answered at once', async (t) => {
  const { plane } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ probe: { nonce: 12 } })
  assert.equal((await session.gets('probeAck')).nonce, 12)
})

test('at half its life the certificate is renewed for the same key, and kept on the disk', async (t) => {
  const { plane, clock, stateDir, identity, status: statusOf } = await setUp(t)
  const session = await plane.session()
  await welcomeForLong(session)
  const before = await statusOf('connected')
  clock.jump(12 * HOUR_MS)
  const { csrDer } = await session.gets('renewCertificate')
  const certificatePem = await testCertificate(tls, csrDer, clock.nowMs())
  session.send({ newCertificate: { certificatePem } })
  for (;;) {
    const kept = await loadIdentity(stateDir)
    if (kept?.certificatePem === certificatePem && kept.keyPem === identity.keyPem) break
    await turn()
  }
  for (;;) {
    const { certificateUntilMs } = await statusOf('connected')
    if (certificateUntilMs > before.certificateUntilMs) break
    await turn()
  }
})

test('a request for renewal that is not answered comes again', async (t) => {
  const { plane, clock } = await setUp(t)
  const session = await plane.session()
  await welcomeForLong(session)
  clock.jump(12 * HOUR_MS)
  await session.gets('renewCertificate')
  clock.jump(10 * 60_000)
  await session.gets('renewCertificate', 2)
})

test('with an expired certificate it renews by a call of its own, and dials again at once', async (t) => {
  const { plane, clock, stateDir, identity } = await setUp(t)
  const session = await plane.session()
  await session.gets('hello')
  session.send({ fenced: { reason: 'CERTIFICATE_EXPIRED', message: 'over' } })
  while (plane.sessions.length === 1) {
    clock.advance(0)
    await turn()
  }
  assert.equal(plane.renewals.length, 1)
  assert.notEqual((await loadIdentity(stateDir))?.certificatePem, identity.certificatePem)
})

test('an agent whose renewal is refused stops, and says why', async (t) => {
  const { plane, agent, status: statusOf } = await setUp(t)
  plane.renewError = { code: status.FAILED_PRECONDITION, details: 'over for more than 30 days' }
  const session = await plane.session()
  await session.gets('hello')
  session.send({ fenced: { reason: 'CERTIFICATE_EXPIRED', message: 'over' } })
  assert.deepEqual(await agent.done, { kind: 'fatal', message: 'over for more than 30 days' })
  assert.equal((await statusOf('refused')).message, 'over for more than 30 days')
})

test('in quarantine it goes on asking, and says what happened and what to do', async (t) => {
  const { plane, clock, logged, status: statusOf } = await setUp(t)
  for (const nth of [1, 2]) {
    const session = await plane.session(nth)
    await session.gets('hello')
    session.send({ fenced: { reason: 'QUARANTINED', message: 'a copy of agent edge' } })
    assert.equal((await statusOf('quarantined')).message, 'a copy of agent edge')
    while (clock.pending === 0) await turn()
    while (plane.sessions.length === nth) {
      clock.advance(1_000)
      await turn()
    }
  }
  assert.match(logged(), /this is a copy of an agent/)
  assert.match(logged(), /sluice agent copies/)
})

test('told to become new it ends with the token, and enrols with a key of its own', async (t) => {
  const { plane, agent, stateDir, identity, logged } = await setUp(t, 4)
  const session = await plane.session()
  await session.gets('hello')
  const token = `${'n'.repeat(43)}.${tls.pin.slice(0, 32)}`
  session.send({ fenced: { reason: 'BECOME_NEW', message: 'decided', enrolToken: token } })
  const outcome = await agent.done
  assert.deepEqual(outcome, { kind: 'becomeNew', enrolToken: token, message: 'decided' })
  assert.ok(!logged().includes(token))
  const { server } = identity
  const options = { server, token, stateDir, name: '', facts: await readHostFacts() }
  plane.enrolErrorOnce = { code: status.UNAVAILABLE, details: 'restarting' }
  await assert.rejects(becomeNew(options), /restarting/)
  assert.equal((await loadIdentity(stateDir))?.keyPem, identity.keyPem) // N1
  const fresh = await becomeNew(options)
  assert.notEqual(fresh.keyPem, identity.keyPem)
  assert.deepEqual(await loadIdentity(stateDir), fresh)
  assert.equal(await loadGeneration(stateDir), 0)
  await finishBecoming(stateDir) // N2: nothing is left to do
  assert.deepEqual(await loadIdentity(stateDir), fresh)
})
