import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { insertAgentSamples } from '../store/agent-samples/insert-agent-samples.ts'
import { addAgent, addGroup } from '../store/suites/rows.ts'
import { startTestServer, TEST_NOW_MS, type TestServer } from './test-server.ts'

const MINUTE_MS = 60_000
let server: TestServer
before(async () => {
  server = await startTestServer()
})
after(() => server.stop())

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${server.token}` }
  const answer = await fetch(`${server.url}/api/v1${path}`, { headers })
  return { status: answer.status, body: await answer.json() }
}

test('samples of the last hour, or of the time that is asked for', async () => {
  const { db } = server.store
  const agent = await addAgent(db, (await addGroup(db)).id)
  const figures = {
    beats: 12,
    cpuPercent: 25,
    cpuPercentMax: 50,
    memoryUsedBytes: 3,
    memoryTotalBytes: 8,
    processRssBytes: 1,
    load1: 0.5,
    diskFreeBytes: 9,
    networkReceivedBytes: 2,
    networkSentBytes: 1,
    clockOffsetMs: -40,
    roundTripMsMax: 7,
    channels: 4,
    busyChannelsMax: 2,
  }
  const minutesAgo = (minutes: number): number => TEST_NOW_MS - minutes * MINUTE_MS
  const times = [90, 30, 1].map(minutesAgo)
  await insertAgentSamples(
    db,
    times.map((atMs) => ({ agentId: agent.id, atMs, ...figures })),
  )
  const samples = (query = '') => get(`/agents/${agent.name}/samples${query}`)
  const lastHour = await samples()
  assert.deepEqual(lastHour.body, {
    items: times.slice(1).map((atMs) => ({ atMs, ...figures })),
  })
  const before = await samples(`?from=${minutesAgo(120)}&to=${minutesAgo(30)}`)
  assert.deepEqual(before.body, { items: [{ atMs: times[0], ...figures }] })
  assert.equal((await samples('?from=5&to=5')).status, 400)
  assert.equal((await get('/agents/nobody/samples')).status, 404)
})

test('the link says how it is doing', async () => {
  const { status, body } = await get('/link')
  assert.equal(status, 200)
  assert.deepEqual(body, {
    agentsReady: 0,
    helloWaiting: 0,
    accepted: 0,
    assignP50Ms: null,
    assignP99Ms: null,
  })
})
