import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { UpgradeInput } from '../../proto/gen/sluice/agent/v1/Upgrade.ts'
import type { UpgradeState } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { AuditEvent } from '../audit/audit.ts'
import { addAgent, addGroup, sayHello } from '../store/suites/rows.ts'
import { openTestStore } from '../store/test-store.ts'
import type { TestStore } from '../store/test-store.ts'
import { findUpgrade } from '../store/upgrades/find-upgrade.ts'
import { listUpgradeAgents } from '../store/upgrades/list-upgrade-agents.ts'
import { openReleaseKey } from '../tls/release-key.ts'
import { BundleLibrary } from './bundle-library.ts'
import type { AgentHealth } from './scheduler.ts'
import type { UpgradeRequest } from './upgrade-port.ts'
import { Upgrades } from './upgrades.ts'

const bundleDir = mkdtempSync(join(tmpdir(), 'sluice-upgrades-'))
let store: TestStore

before(async () => {
  store = await openTestStore()
  layBundle('1.1.0')
  layBundle('1.0.0')
})
after(async () => {
  await store.remove()
  rmSync(bundleDir, { recursive: true })
})

function layBundle(version: string): void {
  const path = join(bundleDir, `${version}.tar.gz`)
  const sha256 = createHash('sha256').update(version).digest('hex')
  const info = { version, os: 'linux', arch: 'x64', sha256, bytes: version.length, builtAt: 'now' }
  writeFileSync(path, version)
  writeFileSync(`${path}.json`, JSON.stringify(info))
}

interface World {
  readonly clock: ManualClock
  readonly upgrades: Upgrades
  readonly health: Map<string, AgentHealth>
  readonly sent: { readonly agentId: string; readonly order: UpgradeInput }[]
  readonly audited: AuditEvent[]
  readonly request: UpgradeRequest
  readonly agentIds: readonly string[]
  /** So many seconds go by, one after the other. */
  pass(seconds: number): Promise<void>
  report(agentId: string, phase: UpgradeState['phase'], over?: Partial<UpgradeState>): Promise<void>
  /** Another process over the same store. */
  restart(): Promise<void>
  states(id: number): Promise<readonly string[]>
}

async function newWorld(agents = 2, version = '1.0.0'): Promise<World> {
  const group = await addGroup(store.db)
  const clock = new ManualClock(Date.parse('2026-11-23T12:00:00Z'))
  const health = new Map<string, AgentHealth>()
  const agentIds: string[] = []
  for (let n = 0; n < agents; n++) {
    const { id } = await addAgent(store.db, group.id)
    agentIds.push(id)
    await sayHello(store.db, {
      agentId: id,
      facts: { agentVersion: version, arch: 'x64' },
      channels: 4,
      processId: 'p',
      generation: 0,
      generationOffered: 0,
      state: 'online',
      leaseUntilMs: 0,
    })
    const onlineSinceMs = clock.nowMs() - 3_600_000
    const heardAtMs = clock.nowMs()
    health.set(id, { version, arch: 'x64', onlineSinceMs, heardAtMs, isReady: true, works: n })
  }
  const sent: World['sent'] = []
  const audited: AuditEvent[] = []
  const open = async (): Promise<Upgrades> => {
    const upgrades = new Upgrades({
      db: store.db,
      transaction: (work) => store.db.transaction(work),
      bundles: new BundleLibrary({
        dir: bundleDir,
        key: await openReleaseKey(bundleDir),
        build: null,
      }),
      audit: (event) => void audited.push(event),
      clock,
      log: pino({ level: 'silent' }),
      planeVersion: '1.1.0',
      timeZone: 'UTC',
    })
    await upgrades.open({
      agentHealth: (agentId) => health.get(agentId) ?? null,
      sendUpgrade: (agentId, order) => {
        sent.push({ agentId, order })
        return true
      },
    })
    return upgrades
  }
  const world = { upgrades: await open() }
  /** Whatever was asked for before this is done. */
  const settled = async (): Promise<void> => void (await world.upgrades.cancel(-1, 'nobody'))
  return {
    clock,
    health,
    sent,
    audited,
    agentIds,
    get upgrades() {
      return world.upgrades
    },
    request: {
      groupId: group.id,
      group: group.name,
      agentId: null,
      version: null,
      window: null,
      drainMs: 600_000,
      soakMs: 3_000,
      healthMs: 120_000,
      allowDowngrade: false,
      actor: 'admin',
    },
    async pass(seconds) {
      for (let n = 0; n < seconds; n++) {
        clock.advance(1_000)
        await settled()
        await new Promise((resolve) => setImmediate(resolve)) // the next look is planned
      }
    },
    async report(agentId, phase, over = {}) {
      const upgradeId = sent.findLast((one) => one.agentId === agentId)?.order.upgradeId as number
      const state = { upgradeId, phase, message: '', version: '1.1.0', ...over }
      world.upgrades.reported(agentId, state)
      await settled()
    },
    async restart() {
      await world.upgrades.close()
      world.upgrades = await open()
    },
    async states(id) {
      return (await listUpgradeAgents(store.db, id)).map(({ state }) => state)
    },
  }
}

async function started(world: World, over: Partial<UpgradeRequest> = {}): Promise<number> {
  const answer = await world.upgrades.start({ ...world.request, ...over })
  assert(answer.ok, answer.ok ? '' : answer.message)
  return answer.id
}

test('a canary, a soak, then the next: each order is signed, and the upgrade ends', async () => {
  const world = await newWorld()
  const [canary = '', other = ''] = world.agentIds
  const id = await started(world)
  await world.pass(1)
  assert.deepEqual(
    world.sent.map(({ agentId }) => agentId),
    [canary],
  )
  const { manifest = '', signature, drainMs } = world.sent[0]!.order
  const { publicKeyPem } = await openReleaseKey(bundleDir)
  assert(verify(null, Buffer.from(manifest), publicKeyPem, signature as Uint8Array))
  assert.equal((JSON.parse(manifest) as { version: string }).version, '1.1.0')
  assert.equal(drainMs, 600_000)
  await world.report(canary, 'FETCHING')
  assert.deepEqual(world.upgrades.upgrading(canary), { id, version: '1.1.0', phase: 'FETCHING' })
  await world.pass(5)
  assert.equal(world.sent.length, 1)
  await world.report(canary, 'DONE')
  await world.report(canary, 'DONE')
  assert.equal(world.upgrades.upgrading(canary), null)
  await world.pass(2)
  assert.equal(world.sent.length, 1, 'the soak time is not over')
  await world.pass(2)
  assert.equal(world.sent[1]?.agentId, other)
  await world.report(other, 'DONE')
  await world.pass(5)
  const row = await findUpgrade(store.db, id)
  assert.deepEqual([row?.state, await world.states(id)], ['done', ['done', 'done']])
  assert.equal(row?.message, '2 of 2 agents were upgraded to 1.1.0')
  assert.deepEqual(
    [...new Set(world.audited.map(({ kind, actor }) => `${kind} by ${actor}`))],
    ['upgrade.started by admin', 'upgrade.changed by control plane'],
  )
})

test('a roll-back halts; resumed with retry, the agent gets an order of its own', async () => {
  const world = await newWorld()
  const [canary = ''] = world.agentIds
  const id = await started(world)
  await world.pass(1)
  await world.report(canary, 'ROLLED_BACK', { message: 'it crashed 3 times', version: '1.0.0' })
  await world.pass(30)
  const halted = await findUpgrade(store.db, id)
  assert.equal(halted?.state, 'halted')
  assert.match(halted?.message ?? '', /rolled back: it crashed 3 times/)
  assert.equal(world.sent.length, 1)
  await world.restart()
  await world.pass(1)
  const answer = await world.upgrades.resume(id, 'retry', 'ops')
  assert(answer.ok)
  await world.pass(1)
  assert.equal(world.sent.length, 2)
  assert.notEqual(world.sent[1]?.order.upgradeId, world.sent[0]?.order.upgradeId)
  // The old order's answer, once more, is stale.
  await world.report(canary, 'ROLLED_BACK', { upgradeId: world.sent[0]!.order.upgradeId as number })
  assert.deepEqual(await world.states(id), ['underway', 'pending'])
})

test('resumed with skip, the upgrade goes on with the others', async () => {
  const world = await newWorld()
  const [canary = '', other = ''] = world.agentIds
  const id = await started(world)
  await world.pass(1)
  await world.report(canary, 'REFUSED', { message: 'no launcher' })
  await world.pass(1)
  assert((await world.upgrades.resume(id, 'skip', 'ops')).ok)
  await world.pass(1)
  assert.equal(world.sent[1]?.agentId, other)
  assert.deepEqual(await world.states(id), ['skipped', 'underway'])
})

test('a restart of the control plane, and a new session, repeat the order and count for nothing', async () => {
  const world = await newWorld(1)
  const [agent = ''] = world.agentIds
  const id = await started(world)
  await world.pass(1)
  await world.report(agent, 'RESTARTING')
  await world.restart()
  world.health.set(agent, {
    ...world.health.get(agent)!,
    onlineSinceMs: null,
    heardAtMs: world.clock.nowMs(),
  })
  await world.pass(3)
  assert.equal(world.sent.length, 1)
  const back = { version: '1.1.0', onlineSinceMs: world.clock.nowMs() }
  world.health.set(agent, { ...world.health.get(agent)!, ...back })
  await world.pass(1)
  assert.equal(world.sent.length, 2)
  assert.equal(world.sent[1]?.order.upgradeId, world.sent[0]?.order.upgradeId)
  await world.report(agent, 'DONE')
  await world.pass(5)
  assert.equal((await findUpgrade(store.db, id))?.state, 'done')
})

test('a cancelled upgrade begins no other turn, and its group is free for the next one', async () => {
  const world = await newWorld()
  const id = await started(world)
  await world.pass(1)
  const second = await world.upgrades.start(world.request)
  assert(!second.ok && second.code === 'UPGRADE_UNFINISHED')
  assert.match(second.message, new RegExp(`upgrade ${id}, which is running`))
  assert((await world.upgrades.cancel(id, 'ops')).ok)
  await world.pass(5)
  assert.equal(world.sent.length, 1)
  assert.deepEqual(await world.states(id), ['skipped', 'pending'])
  assert.notEqual(await started(world), id)
})

test('what cannot be begun is refused by name', async () => {
  const refused = async (world: World, over: Partial<UpgradeRequest>, what: RegExp) => {
    const answer = await world.upgrades.start({ ...world.request, ...over })
    assert(!answer.ok)
    assert.match(`${answer.code}: ${answer.message}`, what)
  }
  const world = await newWorld()
  await refused(world, { window: 'at night' }, /^INVALID_REQUEST: the window "at night"/)
  await refused(
    world,
    { version: '1.0.9' },
    /^BUNDLE_NOT_FOUND: there is no bundle of version 1.0.9/,
  )
  await refused(
    world,
    { version: '1.4.0' },
    /^STATE_CONFLICT: agents of version 1.4.0 are more than/,
  )
  await refused(world, { version: '1.0.0' }, /^STATE_CONFLICT: agents .* run 1.0.0 already/)
  await refused(world, { agentId: 'none' }, /^STATE_CONFLICT: group .* has no agent/)
  const newer = await newWorld(1, '1.1.0')
  await refused(newer, { version: '1.0.0' }, /^STATE_CONFLICT: agent .* runs a newer version/)
  await started(newer, { version: '1.0.0', allowDowngrade: true })
})
