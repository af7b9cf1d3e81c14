/** Who may come in, and as whom: over real TLS connections, with the clock in the test's hand. */
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { Metadata } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import * as x509 from '@peculiar/x509'
import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { CheckReply } from '../../proto/gen/sluice/agent/v1/CheckReply.ts'
import type { EnrolReply } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import { FRAME_BYTES_MAX } from '../../proto/link-limits.ts'
import type { AuditEvent } from '../audit/audit.ts'
import { ALGORITHM } from '../tls/certificates.ts'
import { openTls } from '../tls/open-tls.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import { DEFAULT_LINK_SETTINGS } from './link-settings.ts'
import type { StoredAgent } from './link-store.ts'
import { createLinkServer } from './server.ts'
import type { LinkServer } from './server.ts'
import {
  connectClient,
  makeTestIdentity,
  makeTestKey,
  processMetadata,
  TEST_FACTS,
  TestAgent,
} from './test-agent.ts'
import type { TestIdentity, TestKey } from './test-agent.ts'
import { RecordedEvents } from './test-events.ts'
import { MemoryLinkStore } from './test-store.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
const AGENT_ID: string = randomUUID()
const OTHER_ID: string = randomUUID()
const FACTS = { ...TEST_FACTS, dmiUuid: '5f0c9a3e-7d21-4b6f-8e11-00000000000a' }
const OTHER_HOST = { ...FACTS, dmiUuid: '5f0c9a3e-7d21-4b6f-8e11-00000000000b', hostname: 'host-2' }
const WORK = { workId: 'run-1/slice-0', attempt: 1 }
let tls: ServerTls
let dir: string
let key: TestKey
let identity: TestIdentity

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-identity-'))
  tls = await openTls({ dir: join(dir, 'tls'), hostNames: [], nowMs: Date.now() })
  key = await makeTestKey()
  identity = await makeTestIdentity(tls, key, AGENT_ID, NOW_MS)
})
after(() => rm(dir, { recursive: true }))

interface Plane {
  readonly link: LinkServer
  readonly store: MemoryLinkStore
  readonly events: RecordedEvents
  readonly clock: ManualClock
  readonly audit: AuditEvent[]
  readonly dial: (as?: TestIdentity | null, processId?: string) => TestAgent
}

async function startPlane(t: TestContext, stored: Partial<StoredAgent> = {}): Promise<Plane> {
  const clock = new ManualClock(NOW_MS)
  const store = new MemoryLinkStore()
  store.addAgent({
    agentId: AGENT_ID,
    publicKeyHash: key.publicKeyHash,
    name: 'edge',
    facts: FACTS,
    ...stored,
  })
  const events = new RecordedEvents()
  const audit: AuditEvent[] = []
  const link = createLinkServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    settings: DEFAULT_LINK_SETTINGS,
    store,
    clock,
    random: () => 0.5,
    audit: (event) => void audit.push(event),
    log: pino({ level: 'silent' }),
  })
  const port = await link.listen(events)
  const agents: TestAgent[] = []
  t.after(async () => {
    for (const agent of agents) {
      agent.call.cancel()
      agent.client.close()
    }
    await link.close()
  })
  const dial = (as: TestIdentity | null = identity, processId = 'p1'): TestAgent => {
    const agent = new TestAgent(connectClient(port, tls.caPem, as), processMetadata(processId))
    agents.push(agent)
    return agent
  }
  return { link, store, events, clock, audit, dial }
}

/** What the test agent says of itself, unless the test says otherwise. */
function as(
  generation: number,
  processId = 'p1',
  facts = FACTS,
): { generation: number; processId: string; facts: typeof FACTS } {
  return { generation, processId, facts }
}

/** The other agent of this control plane. */
async function addOther(store: MemoryLinkStore): Promise<TestIdentity> {
  const otherKey = await makeTestKey()
  store.addAgent({ agentId: OTHER_ID, publicKeyHash: otherKey.publicKeyHash, name: 'other' })
  return makeTestIdentity(tls, otherKey, OTHER_ID, NOW_MS)
}

/** Names the agent as ours does, but is its own issuer; with a request of the same key. */
async function selfSigned(agentId: string): Promise<TestIdentity & Pick<TestKey, 'csrDer'>> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${agentId}`,
    notBefore: new Date(NOW_MS),
    notAfter: new Date(NOW_MS + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `urn:uuid:${agentId}` }]),
    ],
  })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  const keyPem = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: ALGORITHM,
  })
  const csrDer = Buffer.from(request.rawData)
  return { keyPem, certificatePem: certificate.toString('pem'), csrDer }
}

async function fencedWith(agent: TestAgent): Promise<string> {
  return (await agent.gets('fenced')).reason
}

/** A unary call of the agent's client, as a promise. */
function call<Reply>(
  start: (done: (error: ServiceError | null, reply?: Reply) => void) => unknown,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    start((error, reply) => {
      if (error === null && reply !== undefined) resolve(reply)
      else reject(error ?? new Error('no reply'))
    })
  })
}

test('without a certificate, or with one that nobody here signed, nobody is an agent', async (t) => {
  const { dial, audit } = await startPlane(t)
  for (const who of [null, await selfSigned(AGENT_ID)]) {
    const agent = dial(who)
    agent.hello(as(0))
    assert.equal(await fencedWith(agent), 'UNKNOWN_AGENT')
  }
  assert.deepEqual(
    audit.map(({ kind }) => kind),
    ['hello.refused', 'hello.refused'],
  )
})

/** Enrols a new key over the agent's connection. */
function enrolOver(
  { client }: TestAgent,
  { csrDer }: Pick<TestKey, 'csrDer'>,
): Promise<EnrolReply> {
  const request = { token: 's3cret', name: '', csrDer, facts: OTHER_HOST }
  return call<EnrolReply>((done) => client.enrol(request, new Metadata(), done))
}

test('the connection over which a key was enrolled is its agent when TLS has proved the same key', async (t) => {
  const { dial, store, link } = await startPlane(t)
  store.enrolsAs = 'edge-2'
  const bare = await selfSigned('nobody')
  const agent = dial(bare)
  const { agentId } = await enrolOver(agent, bare)
  agent.hello({ ...as(0), facts: OTHER_HOST })
  assert.equal((await agent.gets('welcome')).agentName, 'edge-2')
  const another = dial(bare)
  another.hello({ ...as(0), facts: OTHER_HOST })
  assert.equal(await fencedWith(another), 'UNKNOWN_AGENT')
  await link.revoke(agentId)
  assert.equal(await fencedWith(agent), 'REVOKED')
})

test('a connection that shows another key than it enrols, or none, is nobody', async (t) => {
  const { dial, store } = await startPlane(t)
  store.enrolsAs = 'edge-2'
  for (const who of [await selfSigned('nobody'), null]) {
    const agent = dial(who)
    await enrolOver(agent, await makeTestKey())
    agent.hello({ ...as(0), facts: OTHER_HOST })
    assert.equal(await fencedWith(agent), 'UNKNOWN_AGENT')
  }
})

test('a connection of an agent that enrols another key stays what it was', async (t) => {
  const { dial, store } = await startPlane(t)
  store.enrolsAs = 'edge-2'
  const agent = dial()
  await enrolOver(agent, await makeTestKey())
  agent.hello(as(0))
  assert.equal((await agent.gets('welcome')).agentName, 'edge')
})

test("the server's own certificate is nobody's identity", async (t) => {
  const { dial } = await startPlane(t)
  const agent = dial({ keyPem: tls.keyPem, certificatePem: tls.certChainPem })
  agent.hello(as(0))
  assert.equal(await fencedWith(agent), 'UNKNOWN_AGENT')
})

test('a revoked agent is fenced, its live streams end at once, and its key is never accepted again', async (t) => {
  const { link, dial, audit } = await startPlane(t)
  const agent = dial()
  await agent.join(as(0))
  const logs = agent.client.uploadLogs(agent.metadata)
  const logsOver = new Promise<ServiceError>((resolve) => logs.on('error', resolve))
  const stored = new Promise((resolve) => logs.once('data', resolve))
  logs.write({ position: 0, lines: [{ message: 'a' }] })
  await stored
  const startedAt = performance.now()
  await link.revoke(AGENT_ID)
  assert.equal(await fencedWith(agent), 'REVOKED')
  assert.match((await logsOver).details, /was revoked/)
  assert.ok(performance.now() - startedAt < 1_000)
  const again = dial()
  again.hello(as(1))
  assert.equal(await fencedWith(again), 'REVOKED')
  const renewal = call((done) => again.client.renew({ csrDer: key.csrDer }, new Metadata(), done))
  await assert.rejects(renewal, /was revoked/)
  assert.ok(audit.some(({ kind, agentId }) => kind === 'hello.refused' && agentId === AGENT_ID))
})

test('an expired certificate is fenced by name; Renew gives a new one for the same key alone', async (t) => {
  const { clock, dial, audit, store } = await startPlane(t)
  clock.advance(DAY_MS)
  const late = dial()
  late.hello(as(0))
  assert.equal(await fencedWith(late), 'CERTIFICATE_EXPIRED')
  const renew = (csrDer: Buffer) =>
    call<{ certificatePem: string }>((done) =>
      late.client.renew({ csrDer }, new Metadata(), done as never),
    )
  await assert.rejects(renew((await makeTestKey()).csrDer), /of another key/)
  const { certificatePem } = await renew(key.csrDer)
  assert.equal(store.agents.get(AGENT_ID)?.certificateUntilMs, clock.nowMs() + DAY_MS)
  const back = dial({ keyPem: key.keyPem, certificatePem })
  await back.join(as(0))
  assert.ok(audit.some(({ kind }) => kind === 'certificate.renewed'))
})

test('a certificate that is over for more than 30 days is renewed no more', async (t) => {
  const { clock, dial } = await startPlane(t)
  clock.advance(31 * DAY_MS)
  const agent = dial()
  const renewal = call((done) => agent.client.renew({ csrDer: key.csrDer }, new Metadata(), done))
  await assert.rejects(renewal, /enrol this host again/)
})

test('a session lasts as long as its certificate, which is renewed over the session', async (t) => {
  const { clock, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join(as(0))
  await events.hears('ready')
  clock.jump(12 * HOUR_MS)
  agent.send({ renewCertificate: { csrDer: key.csrDer } })
  assert.match((await agent.gets('newCertificate')).certificatePem, /BEGIN CERTIFICATE/)
  clock.jump(13 * HOUR_MS) // the first certificate is over, the second is not
  agent.beat()
  await agent.gets('heartbeatAck')
  const logs = agent.client.uploadLogs(agent.metadata) // on the session's connection
  const stored = new Promise((resolve) => logs.once('data', resolve))
  logs.write({ position: 0, lines: [{ message: 'a' }] })
  await stored
  logs.end()
  clock.jump(11 * HOUR_MS)
  assert.equal(await fencedWith(agent), 'CERTIFICATE_EXPIRED')
})

test('the welcome offers a larger generation, and Reconciled confirms it', async (t) => {
  const { store, dial, events } = await startPlane(t)
  const first = dial()
  first.hello(as(0))
  assert.equal((await first.gets('welcome')).generation, 1)
  assert.equal(store.agents.get(AGENT_ID)?.generation, 0)
  const confirmed = new Promise((resolve) => store.confirmed.once('generation', resolve))
  const again = dial() // the Welcome was lost: the same number is said again
  await again.join(as(0))
  await confirmed
  assert.equal((await again.gets('welcome')).generation, 2)
  assert.equal(store.agents.get(AGENT_ID)?.generation, 2)
  await events.hears('ready')
})

test('a copy that starts while the original lives is quarantined, and the original works on', async (t) => {
  const { link, store, events, dial, audit } = await startPlane(t)
  const original = dial()
  await original.join(as(0))
  await events.hears('ready')
  const copy = dial()
  copy.hello(as(1, 'p2'))
  const { nonce } = await original.gets('probe')
  assert.equal(link.assign(AGENT_ID, { ...WORK, slice: { runId: 1 } }), true) // A4
  original.send({ probeAck: { nonce } })
  const { reason, message } = await copy.gets('fenced')
  assert.equal(reason, 'QUARANTINED')
  assert.match(message, /a copy of agent edge: the original runs at the same time/)
  assert.match(message, /host-1 .*sluice agent resolve edge 1 --as new/)
  assert.equal(store.copies.length, 1)
  const again = dial() // it asks again: one row, one audit event
  again.hello(as(1, 'p2'))
  original.send({ probeAck: { nonce: (await original.gets('probe', 2)).nonce } })
  assert.equal(await fencedWith(again), 'QUARANTINED')
  assert.equal(store.copies.length, 1)
  assert.equal(audit.filter(({ kind }) => kind === 'agent.quarantined').length, 1)
  original.beat()
  await original.gets('heartbeatAck')
})

test('a restart behind a half-open stream is admitted when the old process stays silent', async (t) => {
  const { clock, dial } = await startPlane(t)
  const dead = dial()
  await dead.join(as(0))
  const restarted = dial()
  restarted.hello(as(1, 'p2'))
  await dead.gets('probe')
  clock.advance(DEFAULT_LINK_SETTINGS.probeMs)
  assert.equal((await restarted.gets('welcome')).generation, 2)
  assert.equal(await fencedWith(dead), 'NEWER_SESSION')
})

test('on another host even a fresh generation is a clone; a restored directory is a snapshot', async (t) => {
  const { store, dial } = await startPlane(t, {
    generation: 5,
    generationOffered: 6,
    processId: 'p1',
    state: 'offline',
  })
  const clone = dial()
  clone.hello(as(6, 'p2', OTHER_HOST))
  assert.match(
    (await clone.gets('fenced')).message,
    /a copy of agent edge: it runs on another host/,
  )
  const restored = dial()
  restored.hello(as(3, 'p3'))
  assert.match((await restored.gets('fenced')).message, /a restored snapshot of agent edge/)
  assert.deepEqual(
    store.copies.map(({ verdict, generation }) => ({ verdict, generation })),
    [
      { verdict: 'clone', generation: 6 },
      { verdict: 'snapshot', generation: 3 },
    ],
  )
  const agent = dial()
  await agent.join(as(6))
})

test('a generation that nobody here offered is accepted, and said: the store went back', async (t) => {
  const { dial, audit } = await startPlane(t, { generation: 5, generationOffered: 6 })
  const agent = dial()
  agent.hello(as(9))
  assert.equal((await agent.gets('welcome')).generation, 10)
  assert.match(audit[0]?.message ?? '', /remembers generation 9, the store 6/)
})

test('a copy that a person made new is told a token; one that is the agent goes on from its generation', async (t) => {
  const { store, dial } = await startPlane(t, { generation: 5, generationOffered: 6 })
  const clone = dial()
  clone.hello(as(6, 'p2', OTHER_HOST))
  await clone.gets('fenced')
  store.copies[0]!.decision = 'new'
  const again = dial()
  again.hello(as(6, 'p2', OTHER_HOST))
  const told = await again.gets('fenced')
  assert.equal(told.reason, 'BECOME_NEW')
  assert.ok(told.enrolToken.endsWith(`.${tls.caFingerprint.slice(0, 32)}`))
  assert.equal(store.copyTokens[0]?.name, 'host-2')
  store.copies[0]!.decision = 'same'
  const same = dial()
  await same.join(as(6, 'p2', OTHER_HOST))
  assert.deepEqual(store.copies, [])
  assert.equal(store.agents.get(AGENT_ID)?.facts.hostname, 'host-2')
})

test("an agent's calls reach nothing of another agent's work", async (t) => {
  const { link, store, events, dial, audit } = await startPlane(t)
  const owner = dial()
  await owner.join(as(0))
  await events.hears('ready edge')
  link.assign(AGENT_ID, { ...WORK, query: {} })
  await owner.gets('assign')
  const thief = dial(await addOther(store))
  await thief.join({ processId: 'p1' })
  const body = call<{ bytes: number }>((done) => {
    const upload = thief.client.deliverBulk(thief.metadata, done as never)
    upload.write({ bulkId: 'b', ...WORK, data: Buffer.from('{}'), last: true })
  })
  await assert.rejects(body, /is not this agent's/)
  assert.equal(audit.at(-1)?.kind, 'access.refused')
  assert.equal(audit.at(-1)?.agentId, OTHER_ID)
  thief.send({ result: { ...WORK, slice: { rows: 1 } } })
  await events.hears('result run-1/slice-0#1') // run/ asks whose attempt it is: it is told who says so
  assert.deepEqual(events.bulks, [])
})

test('a second process with the key of a connected agent uploads nothing in its name', async (t) => {
  const { store, dial } = await startPlane(t)
  const agent = dial()
  await agent.join(as(0))
  const copy = dial(identity, 'p2')
  const logs = copy.client.uploadLogs(copy.metadata)
  const refused = new Promise<ServiceError>((resolve) => logs.on('error', resolve))
  logs.write({ position: 0, lines: [{ message: 'forged' }] })
  assert.match((await refused).details, /not of the process that said hello/)
  assert.deepEqual(store.lines, [])
})

test('frames out of order, of a wrong epoch or too large end the session, and are written down', async (t) => {
  const { dial, audit } = await startPlane(t)
  const breaks: ((agent: TestAgent) => void)[] = [
    (agent) => {
      agent.seq += 1
      agent.beat()
    },
    (agent) => {
      agent.epoch += 1
      agent.beat()
    },
    (agent) => {
      const message = 'x'.repeat(FRAME_BYTES_MAX)
      agent.send({ reject: { ...WORK, reason: 'FULL', message } })
    },
  ]
  let generation = 0
  for (const breakIt of breaks) {
    const agent = dial()
    await agent.join(as(generation))
    generation = (await agent.gets('welcome')).generation
    breakIt(agent)
    assert.equal(await fencedWith(agent), 'PROTOCOL_ERROR')
  }
  const broken = audit.filter(({ kind }) => kind === 'protocol.broken')
  assert.equal(broken.length, breaks.length)
  assert.ok(broken.every(({ agentId }) => agentId === AGENT_ID))
})

test('an uninstalled agent is revoked; the uninstalled copy of one is not the agent', async (t) => {
  const { dial, store, audit } = await startPlane(t, { generation: 5, generationOffered: 6 })
  const leave = (facts: typeof FACTS): Promise<object> => {
    const { client } = dial()
    return call((done) => client.leave({ generation: 6, facts }, new Metadata(), done as never))
  }
  await assert.rejects(leave(OTHER_HOST), /a copy of agent edge was uninstalled/)
  assert.equal(store.agents.get(AGENT_ID)?.state, 'enrolled')
  await leave(FACTS)
  assert.equal(store.agents.get(AGENT_ID)?.state, 'revoked')
  assert.equal(audit.at(-1)?.kind, 'agent.uninstalled')
})

test('Check says the time and the version to whoever asks, and burns nothing', async (t) => {
  const { dial, store } = await startPlane(t)
  const { client } = dial(null)
  const ask = (token: string): Promise<CheckReply> =>
    call((done) => client.check({ token }, new Metadata(), done as never))
  const bare = await ask('')
  assert.deepEqual([bare.planeTimeMs, bare.token], [NOW_MS, 'TOKEN_UNSPECIFIED'])
  store.check = { kind: 'good', group: 'idc' }
  const good = await ask('s'.repeat(43))
  assert.deepEqual([good.token, good.group], ['GOOD', 'idc'])
})
