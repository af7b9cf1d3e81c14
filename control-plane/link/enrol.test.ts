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
import { insertEnrolToken } from '../store/enrol-tokens/insert-enrol-token.ts'
import { pageAgentLog } from '../store/log-lines/page-agent-log.ts'
import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { openTestStore } from '../store/test-store.ts'
import type { TestStore } from '../store/test-store.ts'
import { mintEnrolToken } from '../tls/enrol-token.ts'
import { openTls } from '../tls/open-tls.ts'
import { databaseLinkStore } from './database-link-store.ts'
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
    audit: () => {},
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

async function newToken(): Promise<string> {
  const { token, tokenHash } = mintEnrolToken('ab'.repeat(32))
  const createdAtMs = clock.nowMs()
  const expiresAtMs = createdAtMs + MINUTES_30
  await insertEnrolToken(testStore.db, { tokenHash, groupId, createdAtMs, expiresAtMs })
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
