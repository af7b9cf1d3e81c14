import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { addAgent, addGroup, sayHello } from '../store/suites/rows.ts'
import type { ErrorAnswer } from './shapes/building-blocks.ts'
import type { UpgradeDetail } from './shapes/upgrade.ts'
import { startTestServer } from './test-server.ts'
import type { TestServer } from './test-server.ts'

let server: TestServer

before(async () => {
  server = await startTestServer()
  const dir = join(server.store.dataDir, 'bundles')
  mkdirSync(dir)
  writeFileSync(join(dir, 'a.tar.gz'), 'archive')
  const about = { version: '0.1.1', os: 'linux', arch: 'x64', sha256: 'ab'.repeat(32), bytes: 7 }
  writeFileSync(join(dir, 'a.tar.gz.json'), JSON.stringify({ ...about, builtAt: 'today' }))
})
after(() => server.stop())

interface Answer<T> {
  readonly status: number
  readonly body: T & Partial<ErrorAnswer>
}

async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as T & Partial<ErrorAnswer> }
}

async function groupWithAgents(): Promise<{ group: string; agents: readonly string[] }> {
  const { db } = server.store
  const group = await addGroup(db)
  const agents = [await addAgent(db, group.id), await addAgent(db, group.id)]
  for (const { id } of agents) {
    await sayHello(db, {
      agentId: id,
      facts: { agentVersion: '0.1.0', arch: 'x64' },
      channels: 4,
      processId: 'p',
      state: 'online',
      leaseUntilMs: 0,
      generation: 0,
      generationOffered: 0,
    })
  }
  return { group: group.name, agents: agents.map(({ name }) => name) }
}

test('a group is upgraded to the newest bundle; the upgrade is shown, listed and cancelled', async () => {
  const { group, agents } = await groupWithAgents()
  const bundles = await call<{ items: { version: string }[] }>('GET', '/bundles')
  assert.deepEqual(
    bundles.body.items.map(({ version }) => version),
    ['0.1.1'],
  )
  const window = 'mon-fri 2:00-5:00'
  const made = await call<UpgradeDetail>('POST', `/groups/${group}/upgrades`, { window })
  assert.equal(made.status, 201)
  const { id, version, state, drainMs, soakMs, healthMs, createdBy } = made.body
  assert.deepEqual(
    { version, state, drainMs, soakMs, healthMs, createdBy },
    {
      version: '0.1.1',
      state: 'running',
      drainMs: 600_000,
      soakMs: 30_000,
      healthMs: 120_000,
      createdBy: 'admin',
    },
  )
  assert.equal(made.body.window, 'mon,tue,wed,thu,fri 02:00-05:00 Asia/Shanghai')
  assert.deepEqual(
    made.body.agents.map(({ agent, turn, state }) => [agent, turn, state]),
    agents.toSorted().map((name) => [name, null, 'pending']),
  )
  const second = await call('POST', `/agents/${agents[0]}/upgrade`)
  assert.equal(second.status, 409)
  assert.equal(second.body.error?.code, 'UPGRADE_UNFINISHED')
  const listed = await call<{ items: UpgradeDetail[] }>('GET', `/upgrades?group=${group}`)
  assert.deepEqual(
    listed.body.items.map((one) => one.id),
    [id],
  )
  const resumed = await call('POST', `/upgrades/${id}/resume`, { failed: 'retry' })
  assert.equal(resumed.body.error?.code, 'STATE_CONFLICT')
  const cancelled = await call<UpgradeDetail>('POST', `/upgrades/${id}/cancel`)
  assert.deepEqual([cancelled.status, cancelled.body.state], [200, 'cancelled'])
  const again = await call('POST', `/upgrades/${id}/cancel`)
  assert.equal(again.body.error?.code, 'UPGRADE_NOT_FOUND')
  const events = server.audited.map(({ kind, actor, group: name }) => [kind, actor, name])
  assert.deepEqual(events, [
    ['upgrade.started', 'admin', group],
    ['upgrade.changed', 'admin', group],
  ])
})

test('one agent is upgraded alone', async () => {
  const { agents } = await groupWithAgents()
  const made = await call<UpgradeDetail>('POST', `/agents/${agents[1]}/upgrade`, { soakMs: 5_000 })
  assert.deepEqual([made.status, made.body.soakMs], [201, 5_000])
  assert.deepEqual(
    made.body.agents.map(({ agent }) => agent),
    [agents[1]],
  )
})

test('what cannot be upgraded is refused with its code', async () => {
  const { group } = await groupWithAgents()
  const refused = async (path: string, body: unknown, status: number, code: string) => {
    const answer = await call('POST', path, body)
    assert.deepEqual([answer.status, answer.body.error?.code], [status, code], path)
  }
  const upgrades = `/groups/${group}/upgrades`
  await refused(upgrades, { version: '0.1.7' }, 404, 'BUNDLE_NOT_FOUND')
  await refused(upgrades, { window: 'sometimes' }, 400, 'INVALID_REQUEST')
  await refused(upgrades, { soakMs: 1 }, 400, 'INVALID_REQUEST')
  await refused(upgrades, { wave: 2 }, 400, 'INVALID_REQUEST')
  await refused('/groups/nowhere/upgrades', {}, 404, 'GROUP_NOT_FOUND')
  await refused('/agents/nobody/upgrade', {}, 404, 'AGENT_NOT_FOUND')
  await refused('/upgrades/4711/cancel', undefined, 404, 'UPGRADE_NOT_FOUND')
  assert.equal((await call('GET', '/upgrades/4711')).status, 404)
})
