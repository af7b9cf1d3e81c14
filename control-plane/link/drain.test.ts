import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import { openTls } from '../tls/open-tls.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import { DEFAULT_LINK_SETTINGS } from './link-settings.ts'
import { createLinkServer } from './server.ts'
import { connectClient, makeTestIdentity, makeTestKey, TestAgent } from './test-agent.ts'
import type { TestIdentity, TestKey } from './test-agent.ts'
import { RecordedEvents } from './test-events.ts'
import { MemoryLinkStore } from './test-store.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const AGENT_ID: string = randomUUID()
let tls: ServerTls
let tlsDir: string
let key: TestKey
let identity: TestIdentity

before(async () => {
  tlsDir = await mkdtemp(join(tmpdir(), 'sluice-drain-'))
  tls = await openTls({ dir: tlsDir, hostNames: [], nowMs: Date.now() })
  key = await makeTestKey()
  identity = await makeTestIdentity(tls, key, AGENT_ID, NOW_MS)
})
after(() => rm(tlsDir, { recursive: true }))

/** Over a store that an older control plane may have left. */
async function startPlane(t: TestContext, store = newStore()) {
  const clock = new ManualClock(NOW_MS)
  const events = new RecordedEvents()
  const link = createLinkServer({
    audit: () => {},
    host: '127.0.0.1',
    port: 0,
    tls,
    settings: DEFAULT_LINK_SETTINGS,
    store,
    clock,
    random: () => 0.5,
    log: pino({ level: 'silent' }),
  })
  const port = await link.listen(events)
  const clients: TestAgent[] = []
  const stop = async (): Promise<void> => {
    for (const agent of clients.splice(0)) {
      agent.call.cancel()
      agent.client.close()
    }
    await link.close()
  }
  t.after(stop)
  const dial = (): TestAgent => {
    const agent = new TestAgent(connectClient(port, tls.caPem, identity))
    agent.generation = () => store.agents.get(AGENT_ID)?.generationOffered ?? 0
    clients.push(agent)
    return agent
  }
  return { link, store, events, clock, dial, stop }
}

function newStore(): MemoryLinkStore {
  const store = new MemoryLinkStore()
  store.addAgent({ agentId: AGENT_ID, publicKeyHash: key.publicKeyHash })
  return store
}

test('a drained agent gets no work, says bye and is drained; a resume makes it dial again', async (t) => {
  const { link, store, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  await link.drain(AGENT_ID, 1_234)
  assert.equal((await agent.gets('drain')).deadlineMs, 1_234)
  assert.equal(link.assign(AGENT_ID, { workId: 'run-1/plan', attempt: 1, plan: {} }), false)
  agent.send({ bye: { drained: true } })
  agent.beat()
  await agent.gets('heartbeatAck')
  await new Promise(setImmediate)
  assert.equal(store.states.at(-1), 'drained')
  const back = dial() // still drained after a reconnect
  await back.join()
  await back.gets('drain')
  await link.resume(AGENT_ID)
  assert.equal((await back.gets('goAway')).reconnectAfterMs, 0)
  const again = dial()
  await again.join()
  await events.hears('ready', 2)
  assert.equal(link.readyAgents().length, 1)
})

test('what an agent dropped at the drain deadline goes back at once', async (t) => {
  const { events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  agent.send({ bye: { drained: false } })
  await events.hears('lost the agent dropped what still ran')
})

test('the deadline of a drain is a point in time: it outlasts a lost connection and a restart of the control plane', async (t) => {
  const plane = await startPlane(t)
  const agent = plane.dial()
  await agent.join()
  await plane.events.hears('ready')
  await plane.link.drain(AGENT_ID, 60_000)
  await agent.gets('drain')
  plane.clock.advance(20_000)
  const back = plane.dial()
  await back.join()
  assert.equal((await back.gets('drain')).deadlineMs, 40_000)
  await plane.stop()

  const restarted = await startPlane(t, plane.store)
  restarted.clock.advance(45_000)
  const again = restarted.dial()
  await again.join()
  assert.equal((await again.gets('drain')).deadlineMs, 15_000)
  restarted.clock.advance(16_000)
  const late = restarted.dial()
  await late.join()
  assert.equal((await late.gets('drain')).deadlineMs, 0)
})

test('a drain without a deadline has that of the settings; one with a deadline takes its place', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  await link.drain(AGENT_ID)
  assert.equal((await agent.gets('drain')).deadlineMs, DEFAULT_LINK_SETTINGS.drainMs)
  await link.drain(AGENT_ID) // nothing new
  await link.drain(AGENT_ID, 7_000)
  assert.equal((await agent.gets('drain', 2)).deadlineMs, 7_000)
})

test('a drain that was taken back leaves no deadline', async (t) => {
  const { link, store, dial, clock } = await startPlane(t)
  await link.drain(AGENT_ID, 5_000)
  assert.equal(store.agents.get(AGENT_ID)?.drainUntilMs, NOW_MS + 5_000)
  await link.resume(AGENT_ID)
  assert.equal(store.agents.get(AGENT_ID)?.drainUntilMs, null)
  clock.advance(60_000)
  const agent = dial()
  await agent.join()
  await link.drain(AGENT_ID)
  assert.equal((await agent.gets('drain')).deadlineMs, DEFAULT_LINK_SETTINGS.drainMs)
})
