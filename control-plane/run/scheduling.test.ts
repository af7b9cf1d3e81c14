/** What a group's rules, priorities, restarts and unreadable jobs do to runs, in the simulated world. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import { seededRandom } from '../../lib/seeded-random.ts'
import type { AuditEvent } from '../audit/audit.ts'
import { seal } from '../secrets/seal.ts'
import { jobPlace } from '../secrets/sealed-places.ts'
import { insertAgent } from '../store/agents/insert-agent.ts'
import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { loadSlices } from '../store/slices/load-slices.ts'
import { openTestStore, type TestStore } from '../store/test-store.ts'
import type { TurnPhase } from '../upgrade/campaign.ts'
import type { UpgradeControl } from '../upgrade/upgrade-port.ts'
import type { ConnectivityGate, GateVerdict } from './connectivity-port.ts'
import { storeJob, TEST_KEY, testJob } from './job-text.test-support.ts'
import {
  finish,
  openScene,
  restartControlPlane,
  type Scene,
  type SceneOptions,
  startRun,
} from './scene.test-support.ts'
import { type GivenWork, NO_FAULTS } from './simulated-world.test-support.ts'
import { parseWorkId } from './work-id.ts'

const MIB = 1024 * 1024
const AGENTS = 26
const AGENT_IDS = Array.from({ length: AGENTS }, () => randomUUID())

let store: TestStore
let groupId: number

before(async () => {
  store = await openTestStore()
  groupId = await insertGroup(store.db, { name: 'idc', description: '', createdAtMs: 0 })
  for (const [i, id] of AGENT_IDS.entries()) {
    const agent = { id, name: `agent-${i}`, groupId, publicKeyHash: `key-${i}`, facts: {} }
    await insertAgent(store.db, { ...agent, createdAtMs: 0 })
  }
})

after(() => store.remove())

function scene(over: Partial<SceneOptions> = {}): Promise<Scene> {
  const random = seededRandom(1)
  const agentIds = AGENT_IDS.slice(0, 3)
  return openScene({ store, groupId, agentIds, faults: NO_FAULTS, random, ends: [240], ...over })
}

async function addJob(name: string, concurrent = 4, more: object = {}): Promise<void> {
  const speed = { concurrent, throttle: false, ...more }
  await storeJob(store.db, name, testJob({ setting: { errorLimit: { record: '0' }, speed } }))
}

async function setGroup(at: Scene | null, sql: string): Promise<void> {
  const none = `paused = false, mbps_max = NULL, channels_max = NULL, kind = 'custom',
    reserved_jobs = '{}', reserved_owners = '{}'`
  await store.db.query(`UPDATE resource_groups SET ${none} WHERE id = $1`, [groupId])
  if (sql !== '') await store.db.query(`UPDATE resource_groups SET ${sql} WHERE id = $1`, [groupId])
  at?.open.coordinator.groupChanged()
  await at?.open.coordinator.idle()
}

function slicesOf(given: readonly GivenWork[]): GivenWork[] {
  return given.filter((work) => parseWorkId(work.workId)?.kind === 'slice')
}

/** Lets the world work, but not on slices, until as many of them and nothing else are given out. */
async function untilGiven(at: Scene, slices: number): Promise<GivenWork[]> {
  for (let turn = 0; turn < 200; turn++) {
    at.nowMs += 1_000
    at.open.coordinator.sweep()
    await at.open.coordinator.idle()
    const given = slicesOf(at.world.given)
    const isAllSlices = given.length === at.world.given.length
    if (isAllSlices && given.length >= slices) return given
    if (!isAllSlices) await at.world.stepOf((work) => !work.slice)
  }
  return slicesOf(at.world.given)
}

async function finishAll(at: Scene, runIds: readonly number[]): Promise<void> {
  for (const runId of runIds) assert.equal((await finish(at, runId)).state, 'succeeded')
}

test('a restart of the control plane under 50 running slices neither stops one nor runs one again', async () => {
  const at = await scene({ agentIds: AGENT_IDS })
  for (const name of ['restart-1', 'restart-2']) await addJob(name, 25)
  const runIds = [await startRun(at, 'restart-1'), await startRun(at, 'restart-2')]
  const before = await untilGiven(at, 50)
  assert.equal(before.length, 50)
  for (const work of before) await at.open.coordinator.events.accepted(work.agentId, work)
  for (let restarts = 0; restarts < 3; restarts++) {
    await restartControlPlane(at)
    await at.open.coordinator.idle()
    await at.world.reconnect()
    for (let second = 0; second < 30; second++) {
      at.nowMs += 1_000
      at.open.coordinator.sweep()
      await at.open.coordinator.idle()
    }
    assert.deepEqual(slicesOf(at.world.given), before, 'the same attempts, on the same agents')
  }
  assert.deepEqual(at.world.cancelled, [])
  await finishAll(at, runIds)
  for (const runId of runIds) {
    const attempts = (await loadSlices(store.db, runId)).map((slice) => slice.attempt)
    assert.deepEqual([...new Set(attempts)], [1], 'every slice was run once')
  }
})

const SEEDS = 8

test(`credit, concurrent and the group's channels are never exceeded, and every offset comes once a job (${SEEDS} seeds)`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed)
    const at = await scene({
      random,
      faults: { ...NO_FAULTS, reject: 0.1, fail: 0.1 },
      ends: [80, 7],
    })
    await setGroup(at, 'channels_max = 5')
    const assign = at.world.assign.bind(at.world)
    at.world.assign = (agentId, work) => {
      const taken = assign(agentId, work)
      const given = slicesOf(at.world.given)
      assert.ok(given.length <= 5, 'channels_max')
      assert.ok(given.filter((each) => each.agentId === agentId).length <= 2, 'credit')
      const ofRun = given.filter((each) => each.workId.split('/')[0] === work.workId.split('/')[0])
      assert.ok(ofRun.length <= 3, 'concurrent')
      return taken
    }
    const names = [1, 2, 3, 4].map((i) => `limits-${seed}-${i}`)
    const runIds: number[] = []
    for (const name of names) {
      await addJob(name, 3)
      runIds.push(await startRun(at, name, { priority: 1 + Math.floor(random() * 8) }))
    }
    await finishAll(at, runIds)
    const counts = new Set(at.world.table.values())
    assert.deepEqual([at.world.table.size, [...counts]], [87, [names.length]])
  }
  await setGroup(null, '')
})

test('a larger priority gets the channels first', async () => {
  const at = await scene({ agentIds: AGENT_IDS.slice(0, 2) })
  for (const name of ['low', 'high']) await addJob(name, 4)
  await setGroup(at, 'paused = true')
  const low = await startRun(at, 'low', { priority: 2 })
  const high = await startRun(at, 'high', { priority: 7 })
  await setGroup(at, '')
  // Both have their session before any slice is given.
  const given = await untilGiven(at, 4)
  while (slicesOf(at.world.given).length > 0 && given.length === 4) {
    const ofHigh = slicesOf(at.world.given).filter((work) => work.workId.startsWith(`run-${high}/`))
    if (ofHigh.length === 4) break
    await at.world.stepOf((work) => Boolean(work.slice))
    await untilGiven(at, 4)
  }
  const why = (await at.open.runs.explain(low))!.reasons.map((reason) => reason.code)
  assert.deepEqual(why.slice(0, 2), ['PRIORITY', 'CHANNELS_FULL'])
  assert.deepEqual((await at.open.runs.explain(high))!.reasons[0]?.code, 'JOB_CONCURRENT')
  await finishAll(at, [low, high])
})

test('a run whose agents are upgraded is told so once they take no more work', async () => {
  const [id = ''] = AGENT_IDS
  let phase: TurnPhase = 'FETCHING'
  const upgrading = (agentId: string): ReturnType<UpgradeControl['upgrading']> =>
    agentId === id ? { id: 3, version: '1.1.0', phase } : null
  const at = await scene({ agentIds: [], upgrading })
  await addJob('waits-for-upgrade')
  const runId = await startRun(at, 'waits-for-upgrade')
  const told = async (): Promise<string[]> =>
    (await at.open.runs.explain(runId))!.reasons.map(({ code }) => code)
  await store.db.query(`UPDATE agents SET state = 'online' WHERE id = $1`, [id])
  assert.deepEqual(await told(), ['AGENTS_OFFLINE', 'AGENTS_NOT_READY'])
  phase = 'DRAINING'
  assert.deepEqual(await told(), ['AGENTS_UPGRADING', 'AGENTS_OFFLINE'])
  await at.open.runs.kill(runId)
  await store.db.query(`UPDATE agents SET state = 'enrolled' WHERE id = $1`, [id])
})

test('a run that is busy with itself holds no other run up', async () => {
  const at = await scene()
  for (const name of ['stuck-inside', 'free']) await addJob(name)
  const [stuck, free] = [await startRun(at, 'stuck-inside'), await startRun(at, 'free')]
  const hanging = Promise.withResolvers<void>()
  const busy = at.open.coordinator.find(stuck)!.exclusive(() => hanging.promise)
  for (let turn = 0; turn < 2_000; turn++) {
    if ((await at.open.runs.progress(free))!.state === 'succeeded') break
    at.open.coordinator.pump()
    await new Promise(setImmediate)
    await at.world.stepOf((work) => work.workId.startsWith(`run-${free}/`))
  }
  assert.equal((await at.open.runs.progress(free))!.state, 'succeeded')
  hanging.resolve()
  await busy
  await finishAll(at, [stuck])
})

test('a paused group hands out nothing new, says so, and goes on where it was', async () => {
  const at = await scene()
  await addJob('paused')
  const runId = await startRun(at, 'paused')
  const running = await untilGiven(at, 4)
  await setGroup(at, 'paused = true')
  while (at.world.given.length > 0) await at.world.step()
  assert.deepEqual(await untilGiven(at, 1), [])
  const progress = (await at.open.runs.progress(runId))!
  assert.equal(progress.slicesStaged, running.length, 'what ran went on')
  assert.match(progress.waitingFor ?? '', /^resource group idc is paused/)
  await setGroup(at, '')
  await finishAll(at, [runId])
})

test('agents that weigh nothing get no slices, and heavier ones get them first', async () => {
  const at = await scene()
  const [none, light, heavy] = AGENT_IDS as [string, string, string]
  await store.db.query('UPDATE agents SET weight = 0 WHERE id = $1', [none])
  await store.db.query('UPDATE agents SET weight = 50 WHERE id = $1', [heavy])
  at.open.coordinator.groupChanged()
  await addJob('weights', 3)
  const runId = await startRun(at, 'weights')
  const given = await untilGiven(at, 3)
  assert.deepEqual(given.map((work) => work.agentId).sort(), [heavy, heavy, light].sort())
  await finishAll(at, [runId])
  await store.db.query('UPDATE agents SET weight = 1')
})

test('an exclusive group refuses whoever it is not reserved to, and the audit hears of it', async () => {
  const events: AuditEvent[] = []
  const at = await scene({ audit: (event) => events.push(event) })
  for (const name of ['theirs', 'ours']) await addJob(name)
  await setGroup(at, `kind = 'exclusive', reserved_jobs = '{ours}', reserved_owners = '{ci}'`)
  const request = { groupName: null, params: {}, cycTimeMs: null, priority: null, peer: '10.0.0.9' }
  const refused = await at.open.runs.start({ ...request, jobName: 'theirs', owner: 'bob' })
  assert.ok(!refused.ok && refused.refusal.code === 'GROUP_RESERVED')
  assert.match(
    refused.refusal.message,
    /idc is exclusive: reserved to the jobs ours, .* API tokens ci\./,
  )
  assert.deepEqual(
    events.map(({ kind, actor, group, peer }) => [kind, actor, group, peer]),
    [['run.refused', 'bob', 'idc', '10.0.0.9']],
  )
  await finishAll(at, [await startRun(at, 'ours', { owner: 'bob' })])
  await finishAll(at, [await startRun(at, 'theirs', { owner: 'ci' })])
  await setGroup(null, '')
})

test("a group's speed is shared among its jobs, and running slices hear of changes, each once", async () => {
  const at = await scene()
  await addJob('small', 2, { throttle: true, mbps: 1 })
  await addJob('large', 2)
  await setGroup(at, 'mbps_max = 9')
  const { speed } = at.open.coordinator
  const runIds = [await startRun(at, 'small')]
  assert.deepEqual(
    (await untilGiven(at, 2)).map((work) => work.bytesPerSecond),
    [MIB / 2, MIB / 2],
  )
  runIds.push(await startRun(at, 'large'))
  const large = (await untilGiven(at, 4)).filter((work) =>
    work.workId.startsWith(`run-${runIds[1]}/`),
  )
  speed.update()
  assert.equal(
    at.world.speeds.length,
    0,
    'nothing has changed for those that were told at the start',
  )
  assert.deepEqual(
    large.map((work) => work.bytesPerSecond),
    [4 * MIB, 4 * MIB],
  )
  await setGroup(at, 'mbps_max = 3')
  speed.update()
  speed.update()
  const told = at.world.speeds.splice(0)
  assert.deepEqual(
    new Map(told.map(({ workId, bytesPerSecond }) => [workId, bytesPerSecond])),
    new Map(large.map(({ workId }) => [workId, MIB])),
  )
  const why = (await at.open.runs.explain(runIds[1]!))!.reasons.map((reason) => reason.code)
  assert.ok(why.includes('SPEED_LIMIT'), why.join())
  await setGroup(at, '')
  speed.update()
  assert.deepEqual(
    at.world.speeds.map((each) => each.bytesPerSecond),
    [0, 0],
    'the small one keeps its own limit',
  )
  await finishAll(at, runIds)
})

class TestGate implements ConnectivityGate {
  verdicts = new Map<string, GateVerdict>()
  #listener = (): void => {}
  check(agentId: string): GateVerdict {
    return this.verdicts.get(agentId) ?? { kind: 'open' }
  }
  onChange(listener: () => void): void {
    this.#listener = listener
  }
  changed(): void {
    this.#listener()
  }
}

test('an agent that cannot reach the data sources gets nothing, and the run goes on when it can', async () => {
  const gate = new TestGate()
  const at = await scene({ gate })
  await addJob('gated')
  const runId = await startRun(at, 'gated')
  // The job's connections are inline: nothing is asked for them. This one has names.
  const run = at.open.coordinator.find(runId)!
  Object.defineProperty(run, 'datasourceNames', { value: ['orders-kafka'] })
  const [shut, ...others] = AGENT_IDS.slice(0, 3)
  const message = 'tcp: no route to host'
  const closed = { kind: 'closed', datasource: 'orders-kafka', testedAtMs: 0, message } as const
  for (const id of others) gate.verdicts.set(id, { ...closed, verdict: 'Unreachable' })
  gate.verdicts.set(shut!, { kind: 'testing', datasource: 'orders-kafka' })
  await at.open.coordinator.idle()
  assert.deepEqual(at.world.given, [])
  const waiting = (await at.open.runs.progress(runId))!.waitingFor
  assert.match(waiting ?? '', /2 of 3 agents cannot use data source orders-kafka \(Unreachable\)/)
  gate.verdicts.delete(shut!)
  gate.changed()
  const given = await untilGiven(at, 2)
  assert.deepEqual([...new Set(given.map((work) => work.agentId))], [shut])
  gate.verdicts.clear()
  await finishAll(at, [runId])
})

/** What a later version of the parser may make of a text that an earlier one took. */
async function breakJob(name: string): Promise<void> {
  const text = seal(TEST_KEY, Buffer.from('{"type":"job"}'), jobPlace(name, 1))
  await store.db.query(
    `UPDATE job_versions v SET text = $2 FROM jobs j WHERE j.id = v.job_id AND j.name = $1`,
    [name, text],
  )
}

test('a run whose job cannot be read any more ends alone; one that may have committed is held', async () => {
  const at = await scene()
  for (const name of ['fine', 'broken', 'broken-commit']) await addJob(name)
  const runIds = new Map<string, number>()
  for (const name of ['fine', 'broken', 'broken-commit']) {
    runIds.set(name, await startRun(at, name))
  }
  await untilGiven(at, 6)
  const held = runIds.get('broken-commit')!
  await store.db.query(
    `UPDATE runs SET state = 'committing', phase = '', step = 'complete', committing_since_ms = 1
      WHERE id = $1`,
    [held],
  )
  for (const name of ['broken', 'broken-commit']) await breakJob(name)
  await restartControlPlane(at)
  await at.world.reconnect()
  const broken = (await at.open.runs.progress(runIds.get('broken')!))!
  assert.equal(broken.state, 'failed')
  const error = broken.error as { code: string; message: string }
  assert.equal(error.code, 'JOB_UNREADABLE')
  assert.match(error.message, /^version 1 of job broken cannot be parsed any more: /)
  assert.equal((await at.open.runs.progress(held))!.state, 'held')
  const committed = await at.open.runs.resolveHeld(held, 'committed')
  assert.ok(!committed.ok && /cannot be resolved as committed/.test(committed.refusal.message))
  assert.ok((await at.open.runs.resolveHeld(held, 'notCommitted')).ok)
  assert.equal((await at.open.runs.progress(held))!.state, 'failed')
  await finishAll(at, [runIds.get('fine')!])
})
