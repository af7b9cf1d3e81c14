/** Enrolment over a real connection and the embedded store. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import { Metadata } from '@grpc/grpc-js'
import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { AgentLinkClient } from '../../proto/gen/sluice/agent/v1/AgentLink.ts'
import type { EnrolReply } from '../../proto/gen/sluice/agent/v1/EnrolReply.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import type { AuditEvent } from '../audit/audit.ts'
import { insertEnrolToken } from '../store/enrol-tokens/insert-enrol-token.ts'
import { pageAgentLog } from '../store/log-lines/page-agent-log.ts'
import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { openTestStore } from '../store/test-store.ts'
import type { TestStore } from '../store/test-store.ts'
import { mintEnrolToken } from '../tls/enrol-token.ts'
import { openTls } from '../tls/open-tls.ts'
import { databaseLinkStore } from './database-link-store.ts'
import { hashToken } from './enrol.ts'
import type { ExpectedHost } from './expected-host.ts'
import { DEFAULT_LINK_SETTINGS } from './link-settings.ts'
import type { LinkStore } from './link-store.ts'
import { createLinkServer } from './server.ts'
import type { LinkServer } from './server.ts'
import { connectClient, makeTestKey, TEST_FACTS } from './test-agent.ts'
import type { TestKey } from './test-agent.ts'
import { RecordedEvents } from './test-events.ts'

const MINUTES_30 = 30 * 60_000
const clock = new ManualClock(Date.UTC(2026, 0, 1))
let testStore: TestStore
let store: LinkStore
let link: LinkServer
let client: AgentLinkClient
let groupId: number
const audit: AuditEvent[] = []

before(async () => {
  testStore = await openTestStore()
  store = databaseLinkStore(testStore.db)
  groupId = await insertGroup(testStore.db, {
    name: 'idc',
    description: '',
    createdAtMs: clock.nowMs(),
  })
  const tls = await openTls({
    dir: `${testStore.dataDir}/tls`,
    hostNames: [],
    nowMs: Date.now(),
  })
  link = createLinkServer({
    audit: (event) => void audit.push(event),
    host: '127.0.0.1',
    port: 0,
    tls,
    settings: DEFAULT_LINK_SETTINGS,
    store,
    clock,
    random: () => 0,
    log: pino({ level: 'silent' }),
  })
  client = connectClient(await link.listen(new RecordedEvents()), tls.caPem)
})

after(async () => {
  client.close()
  await link.close()
  await testStore.remove()
})

async function newToken(
  over: { expected?: ExpectedHost; usesMax?: number; groupId?: number } = {},
): Promise<string> {
  const { token, tokenHash } = mintEnrolToken('ab'.repeat(32))
  const createdAtMs = clock.nowMs()
  const expiresAtMs = createdAtMs + MINUTES_30
  const times = { createdAtMs, expiresAtMs }
  await insertEnrolToken(testStore.db, { tokenHash, groupId, ...times, ...over })
  return token.split('.')[0] ?? ''
}

/** By a name for the test's eyes. */
const keys = new Map<string, TestKey>()

async function enrol(
  token: string,
  keyName: string,
  name = '',
  facts: HostFacts = TEST_FACTS,
): Promise<EnrolReply> {
  const key = keys.get(keyName) ?? (await makeTestKey())
  keys.set(keyName, key)
  return new Promise((resolve, reject) => {
    const request = { token, csrDer: key.csrDer, name, facts }
    client.enrol(request, new Metadata(), (error, reply) =>
      error === null && reply !== undefined
        ? resolve(reply)
        : reject(error ?? new Error('no reply')),
    )
  })
}

test('a token becomes an agent of its group, named after the host', async () => {
  const first = await enrol(await newToken(), 'key-a')
  assert.equal(first.group, 'idc')
  assert.equal(first.name, 'host-1')
  const second = await enrol(await newToken(), 'key-b')
  assert.match(second.name, /^host-1-[0-9a-f]{8}$/)
  assert.equal(
    (await store.findAgent(first.agentId))?.publicKeyHash,
    keys.get('key-a')?.publicKeyHash,
  )
})

test('after a lost reply the same token and key find the same agent', async () => {
  const token = await newToken()
  const first = await enrol(token, 'key-c', 'edge-1')
  const { certificatePem, ...again } = await enrol(token, 'key-c', 'edge-1')
  assert.deepEqual({ ...again, certificatePem: first.certificatePem }, first)
  assert.notEqual(certificatePem, first.certificatePem)
})

test('a token that was used is refused to another key', async () => {
  const token = await newToken()
  await enrol(token, 'key-d')
  await assert.rejects(enrol(token, 'key-e'), /was used by another agent already/)
})

test('a token is refused when its time is over, and one that nobody made always', async () => {
  const token = await newToken()
  clock.advance(MINUTES_30)
  await assert.rejects(enrol(token, 'key-f'), /expired at 2026-01-01T00:30:00.000Z/)
  await assert.rejects(enrol('x'.repeat(43), 'key-f'), /is not known here/)
})

test('a refused name or key does not burn the token', async () => {
  const token = await newToken()
  await assert.rejects(enrol(token, 'key-g', 'edge-1'), /another agent is named edge-1/)
  await assert.rejects(enrol(token, 'key-g', '1edge'), /a letter, then letters/)
  await assert.rejects(enrol(token, 'key-c', 'edge-9'), /belongs to an enrolled agent already/)
  assert.equal((await enrol(token, 'key-g', 'edge-2')).name, 'edge-2')
})

test('the registered host is enrolled whatever the spelling of its UUID; another one is refused by name', async () => {
  const uuid = '5F0C9A3E-7D21-4B6F-8E11-00000000000A'
  const facts = { ...TEST_FACTS, dmiUuid: uuid.toLowerCase() }
  const token = await newToken({ expected: { uuid, ip: '10.0.0.1', name: 'kafka-1' } })
  await assert.rejects(
    enrol(token, 'key-x1', '', { ...facts, dmiUuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }),
    /registered was the host with UUID 5F0C9A3E-.*reports none/,
  )
  await assert.rejects(
    enrol(token, 'key-x1', '', { ...facts, ips: ['10.9.9.9'] }),
    /registered was the host with address 10\.0\.0\.1, but this one reports 10\.9\.9\.9/,
  )
  assert.equal((await enrol(token, 'key-x1', '', facts)).name, 'kafka-1') // nothing was burnt
})

test('other CPU and memory than was typed are notices, also after a lost reply', async () => {
  const expected = { cpuCount: 8, memoryBytes: 64 * 1024 ** 3 }
  const token = await newToken({ expected })
  const { notices } = await enrol(token, 'key-x2')
  assert.deepEqual(notices, [
    'registered with 8 CPU cores, reports 2',
    'registered with 64.0 GiB of memory, reports 0.0 GiB',
  ])
  assert.deepEqual((await enrol(token, 'key-x2')).notices, notices)
})

test('a token for many makes as many agents, and the same key is one of them', async () => {
  const token = await newToken({ usesMax: 2 })
  const first = await enrol(token, 'key-x3')
  assert.equal((await enrol(token, 'key-x3')).agentId, first.agentId)
  assert.notEqual((await enrol(token, 'key-x4')).agentId, first.agentId)
  await assert.rejects(enrol(token, 'key-x5'), /was used by another agent already/)
})

test('a token of another group does not move an agent', async () => {
  const cloud = { name: 'cloud', description: '', createdAtMs: clock.nowMs() }
  const cloudId = await insertGroup(testStore.db, cloud)
  const { agentId } = await enrol(await newToken(), 'key-x6', 'stays')
  const token = await newToken({ groupId: cloudId })
  await assert.rejects(enrol(token, 'key-x6'), /belongs to an enrolled agent already/)
  assert.equal((await store.findAgent(agentId))?.groupName, 'idc')
  assert.equal((await enrol(token, 'key-x7')).group, 'cloud') // it was not burnt
})

test('what is checked of a token burns nothing', async () => {
  const token = await newToken()
  const hash = hashToken(token)
  assert.deepEqual(await store.checkToken(hash, clock.nowMs()), { kind: 'good', group: 'idc' })
  await enrol(token, 'key-x9')
  assert.deepEqual(await store.checkToken(hash, clock.nowMs()), { kind: 'used' })
  const later = clock.nowMs() + MINUTES_30
  assert.deepEqual(await store.checkToken(hash, later), { kind: 'expired' })
  assert.deepEqual(await store.checkToken(hashToken('nobody'), later), { kind: 'unknown' })
})

test('every enrolment and every refusal is written down, without a token', () => {
  const kinds = new Set(audit.map(({ kind }) => kind))
  assert.deepEqual([...kinds].toSorted(), ['enrol.accepted', 'enrol.refused'])
  assert.ok(!/[A-Za-z0-9_-]{43}/.test(JSON.stringify(audit)))
})

test('the store keeps sessions, beats, states and log lines as the link says', async () => {
  const { agentId } = await enrol(await newToken(), 'key-h', 'edge-3')
  const session = {
    agentId,
    processId: 'p1',
    channels: 4,
    facts: TEST_FACTS,
    state: 'online',
    leaseUntilMs: 5,
    generation: 7,
    generationOffered: 8,
  } as const
  assert.deepEqual((await store.openSession(session))?.sessionEpoch, 1)
  assert.deepEqual((await store.openSession(session))?.sessionEpoch, 2)
  assert.deepEqual(
    (await store.listAgents()).map(({ name, state, channels }) => ({ name, state, channels })),
    [{ name: 'edge-3', state: 'online', channels: 4 }],
  )
  await store.setAgentState(agentId, 'suspect')
  assert.equal((await store.findAgent(agentId))?.state, 'suspect')
  await store.appendLogLines([
    {
      agentId,
      runId: null,
      workId: '',
      attempt: 0,
      atMs: 1,
      level: 'info',
      message: 'hello',
      fields: { a: 1 },
    },
  ])
  const [line] = await pageAgentLog(testStore.db, { agentId, afterId: 0, limit: 10 })
  assert.equal(line?.message, 'hello')
  await store.revokeAgent(agentId)
  await store.setAgentState(agentId, 'online')
  assert.equal((await store.findAgent(agentId))?.state, 'revoked')
  assert.equal(await store.openSession(session), null)
  assert.equal(await store.openSession({ ...session, agentId: randomUUID() }), null)
})

test('a revoked agent gets no new certificate by its old token', async () => {
  const token = await newToken()
  const { agentId } = await enrol(token, 'key-x8')
  await store.revokeAgent(agentId)
  await assert.rejects(enrol(token, 'key-x8'), /was used by another agent already/)
})
