import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { status } from '@grpc/grpc-js'
import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { UpgradeState } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import { openTls } from '../tls/open-tls.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import type { Bundle } from '../upgrade/bundle-library.ts'
import { DEFAULT_LINK_SETTINGS } from './link-settings.ts'
import { createLinkServer } from './server.ts'
import {
  connectClient,
  makeTestIdentity,
  makeTestKey,
  processMetadata,
  TestAgent,
} from './test-agent.ts'
import type { TestIdentity, TestKey } from './test-agent.ts'
import { RecordedEvents } from './test-events.ts'
import { MemoryLinkStore } from './test-store.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const AGENT_ID: string = randomUUID()
const CONTENT = randomBytes(700_000)
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')
const dir = mkdtempSync(join(tmpdir(), 'sluice-link-upgrade-'))
let tls: ServerTls
let key: TestKey
let identity: TestIdentity

before(async () => {
  writeFileSync(join(dir, 'bundle.tar.gz'), CONTENT)
  tls = await openTls({ dir: join(dir, 'tls'), hostNames: [], nowMs: Date.now() })
  key = await makeTestKey()
  identity = await makeTestIdentity(tls, key, AGENT_ID, NOW_MS)
})
after(() => rmSync(dir, { recursive: true }))

async function startPlane(t: TestContext) {
  const store = new MemoryLinkStore()
  const { publicKeyHash } = key
  store.addAgent({ agentId: AGENT_ID, publicKeyHash, processId: 'process-1' })
  const events = new RecordedEvents()
  const reported: UpgradeState[] = []
  const path = join(dir, 'bundle.tar.gz')
  const about = { version: '1.1.0', os: 'linux', arch: 'x64', builtAt: '' } as const
  const bundle: Bundle = { ...about, sha256: SHA256, bytes: CONTENT.length, path }
  const link = createLinkServer({
    audit: () => {},
    host: '127.0.0.1',
    port: 0,
    tls,
    settings: DEFAULT_LINK_SETTINGS,
    store,
    clock: new ManualClock(NOW_MS),
    random: () => 0.5,
    upgrades: {
      reported: (_agentId, state) => void reported.push(state),
      bundle: async (sha256) => (sha256 === SHA256 ? bundle : null),
    },
    log: pino({ level: 'silent' }),
  })
  const port = await link.listen(events)
  const clients: { close(): void }[] = []
  t.after(async () => {
    for (const client of clients) client.close()
    await link.close()
  })
  const dial = (as: TestIdentity | null = identity) => {
    const client = connectClient(port, tls.caPem, as)
    clients.push(client)
    return client
  }
  const join_ = async (): Promise<TestAgent> => {
    const agent = new TestAgent(dial())
    agent.generation = () => store.agents.get(AGENT_ID)?.generationOffered ?? 0
    await agent.join()
    await events.hears('ready')
    return agent
  }
  return { link, events, reported, dial, join: join_ }
}

test('an order goes down, answers go up, and no work is offered from the drain to the judgement', async (t) => {
  const { link, events, reported, join } = await startPlane(t)
  const order = {
    upgradeId: 7,
    manifest: '{}',
    signature: Buffer.from('s'),
    drainMs: 1,
    healthMs: 2,
  }
  assert.equal(link.sendUpgrade(AGENT_ID, order), false)
  assert.equal(link.agentHealth(AGENT_ID), null)
  const agent = await join()
  const health = link.agentHealth(AGENT_ID)
  assert.deepEqual(
    [health?.version, health?.arch, health?.onlineSinceMs, health?.isReady],
    ['0', 'x64', NOW_MS, true],
  )
  assert.equal(link.sendUpgrade(AGENT_ID, order), true)
  assert.deepEqual(await agent.gets('upgrade'), order)
  const state = { upgradeId: 7, message: '', version: '0' }
  agent.send({ upgradeState: { ...state, phase: 'FETCHING' } })
  agent.send({ upgradeState: { ...state, phase: 'DRAINING' } })
  agent.beat()
  await agent.gets('heartbeatAck')
  assert.deepEqual(link.readyAgents(), [])
  agent.send({ upgradeState: { ...state, phase: 'DONE' } })
  await events.hears('ready', 2)
  assert.equal(link.readyAgents().length, 1)
  assert.deepEqual(
    reported.map(({ phase }) => phase),
    ['FETCHING', 'DRAINING', 'DONE'],
  )
})

test('a bundle is sent in chunks, from any offset on', async (t) => {
  const { dial } = await startPlane(t)
  const client = dial()
  for (const offset of [0, 300_001, CONTENT.length]) {
    const parts: Buffer[] = []
    let expected = offset
    for await (const chunk of client.fetchBundle({ sha256: SHA256, offset }, processMetadata())) {
      const { offset: at, data } = chunk as { offset: number; data: Buffer }
      assert.equal(at, expected)
      assert(data.length <= 256 * 1024)
      expected += data.length
      parts.push(data)
    }
    assert(Buffer.concat(parts).equals(CONTENT.subarray(offset)))
  }
})

test('who is no agent gets no bundle; an unknown one and an offset beyond the end are refused', async (t) => {
  const { dial } = await startPlane(t)
  const fetching = async (as: TestIdentity | null, request: object): Promise<number> => {
    const call = dial(as).fetchBundle(request, processMetadata())
    call.resume()
    return new Promise((resolve) =>
      call.on('error', (error) => resolve((error as unknown as { code: number }).code)),
    )
  }
  assert.equal(await fetching(null, { sha256: SHA256 }), status.UNAUTHENTICATED)
  assert.equal(await fetching(identity, { sha256: '0'.repeat(64) }), status.NOT_FOUND)
  const beyond = { sha256: SHA256, offset: CONTENT.length + 1 }
  assert.equal(await fetching(identity, beyond), status.OUT_OF_RANGE)
})
