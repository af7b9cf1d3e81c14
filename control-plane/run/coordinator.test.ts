import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import { seededRandom } from '../../lib/seeded-random.ts'
import { insertAgent } from '../store/agents/insert-agent.ts'
import { StoreError } from '../store/database.ts'
import { pageRunLog } from '../store/log-lines/page-run-log.ts'
import { insertGroup } from '../store/resource-groups/insert-group.ts'
import { openTestStore, type TestStore } from '../store/test-store.ts'
import { type JobJson, storeJob, testJob } from './job-text.test-support.ts'
import type { OpenRuns } from './open-runs.ts'
import {
  finish,
  openScene as openTestScene,
  type Scene,
  startAgain,
  startRun,
} from './scene.test-support.ts'
import {
  failed,
  NO_FAULTS,
  type Faults,
  type SimulatedWorld,
} from './simulated-world.test-support.ts'

const AGENT_IDS = [randomUUID(), randomUUID(), randomUUID()]
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

function applyTestJob(name: string, changes: object = {}, writer: object = {}): Promise<void> {
  return storeJob(store.db, name, testJob(changes, writer))
}

function openScene(faults: Faults, random = seededRandom(1), ends = [40, 3, 0]): Promise<Scene> {
  return openTestScene({ store, groupId, agentIds: AGENT_IDS, faults, random, ends })
}

function assertExactlyOnce(world: SimulatedWorld): void {
  const expected = world.topicPartitions.flatMap((end, topicPartition) =>
    Array.from({ length: end }, (_, offset) => `${topicPartition}:${offset}`),
  )
  const doubled = [...world.table].filter(([, count]) => count !== 1)
  assert.deepEqual(doubled, [], 'doubled')
  assert.deepEqual([...world.table.keys()].sort(), expected.sort(), 'rows in the table')
}

test('a run reads every offset once, publishes the group offsets and advances the ledger', async () => {
  await applyTestJob('plain')
  const scene = await openScene(NO_FAULTS)
  const first = await finish(scene, await startRun(scene, 'plain'))
  assert.deepEqual([first.state, first.rows], ['succeeded', 43])
  assertExactlyOnce(scene.world)
  assert.deepEqual(
    scene.world.published.map((row) => row.offset),
    [40, 3, 0],
  )
  scene.world.topicPartitions.splice(0, 3, 45, 3, 7)
  const second = await finish(scene, await startRun(scene, 'plain'))
  assert.deepEqual([second.state, second.rows], ['succeeded', 12])
  assertExactlyOnce(scene.world)
})

test('the log of a run tells its story, from its group to its rows a second', async () => {
  await applyTestJob('told')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'told')
  await finish(scene, runId)
  await scene.open.log.settled()
  const lines = await pageRunLog(store.db, { runId, afterId: 0, limit: 100 })
  const told = lines.map((line) => line.message.split(':')[0]!.replace(/\d+/, 'N'))
  const steps = ['started', 'planned', 'slice N is staged', 'committed'].map((one) =>
    told.indexOf(one),
  )
  assert.ok(!steps.includes(-1), told.join('\n'))
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  )
  const last = lines.find((line) => line.message.startsWith('committed'))
  assert.match(last!.message, /43 rows, 0 dirty records, \d+ bytes read in [\d.]+ s \(\d+ rows\/s/)
})

test('a run with nothing to read succeeds without an upload session', async () => {
  await applyTestJob('empty')
  const scene = await openScene(NO_FAULTS, seededRandom(1), [0, 0])
  const run = await finish(scene, await startRun(scene, 'empty'))
  assert.equal(run.state, 'succeeded')
  assert.equal(scene.world.sessions.size, 0)
})

test('an appending run that would read a committed range again is refused by name', async () => {
  await applyTestJob('again', {}, {})
  const scene = await openScene(NO_FAULTS)
  const first = await startRun(scene, 'again')
  await finish(scene, first)
  const text = JSON.parse(JSON.stringify({ ...(await jobText('again')) })) as JobJson
  text.steps[0]!.parameter['beginOffset'] = 'seekToBeginning'
  delete text.steps[0]!.parameter['beginType']
  await applyText('again', text)
  const second = await finish(scene, await startRun(scene, 'again'))
  assert.equal(second.state, 'failed')
  const error = second.error as { code: string; message: string }
  assert.equal(error.code, 'RANGE_ALREADY_COMMITTED')
  assert.match(error.message, new RegExp(`run ${first} `))
  assertExactlyOnce(scene.world)
})

test('a run that fills an earlier gap leaves the ledger where it was', async () => {
  await applyTestJob('gap')
  const scene = await openScene(NO_FAULTS, seededRandom(1), [40])
  scene.world.logStarts[0] = 25
  await finish(scene, await startRun(scene, 'gap'))
  const text = await jobText('gap')
  const parameter = text.steps[0]!.parameter
  Object.assign(parameter, { beginOffset: 'seekToBeginning', endOffset: 25 })
  delete parameter['beginType']
  delete parameter['endType']
  await applyText('gap', text)
  scene.world.logStarts[0] = 0
  assert.equal((await finish(scene, await startRun(scene, 'gap'))).rows, 25)
  await applyTestJob('gap')
  scene.world.topicPartitions[0] = 42
  const last = await finish(scene, await startRun(scene, 'gap'))
  assert.deepEqual([last.state, last.rows], ['succeeded', 2])
  assertExactlyOnce(scene.world)
})

test('an overwriting run may read the same range again and replaces the rows', async () => {
  await applyTestJob('overwrite', {}, { truncate: true })
  const scene = await openScene(NO_FAULTS)
  await finish(scene, await startRun(scene, 'overwrite'))
  const text = await jobText('overwrite')
  text.steps[0]!.parameter['beginOffset'] = 'seekToBeginning'
  delete text.steps[0]!.parameter['beginType']
  await applyText('overwrite', text)
  const run = await finish(scene, await startRun(scene, 'overwrite'))
  assert.equal(run.state, 'succeeded')
  assertExactlyOnce(scene.world)
})

test('a second run of a job is refused while one is unfinished', async () => {
  await applyTestJob('one-at-a-time')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'one-at-a-time')
  const request = {
    jobName: 'one-at-a-time',
    groupName: null,
    params: {},
    cycTimeMs: null,
    priority: null,
    owner: '',
  }
  const second = await scene.open.runs.start(request)
  assert.ok(!second.ok && second.refusal.code === 'RUN_UNFINISHED')
  assert.ok('runId' in second.refusal && second.refusal.runId === runId)
  await finish(scene, runId)
})

test('one dirty record more than the limit fails the run with nothing written', async () => {
  await applyTestJob('dirty')
  const scene = await openScene(NO_FAULTS)
  scene.world.dirtyAt = '0:11'
  const run = await finish(scene, await startRun(scene, 'dirty'))
  assert.equal((run.error as { code: string }).code, 'DIRTY_LIMIT_EXCEEDED')
  assert.equal(scene.world.table.size, 0)
})

test('a run that does not move says what is refused, then what fails, and then goes on', async () => {
  await applyTestJob('stuck')
  const scene = await openScene({ ...NO_FAULTS, reject: 1 })
  const runId = await startRun(scene, 'stuck')
  const waitingAfterAStep = async (): Promise<string | null> => {
    scene.nowMs += 60_000
    scene.open.coordinator.sweep()
    await scene.open.coordinator.idle()
    await scene.world.step()
    await scene.open.coordinator.idle()
    return (await scene.open.runs.progress(runId))!.waitingFor
  }
  const refused = new RegExp(`^agent (${AGENT_IDS.join('|')}) takes no work: FULL$`)
  assert.match((await waitingAfterAStep()) ?? '', refused)
  assert.match((await waitingAfterAStep()) ?? '', refused)
  scene.world.faults = { ...NO_FAULTS, fail: 1 }
  const failed = /^run-\d+\/plan is tried again after attempt 3 failed: KAFKA_UNREACHABLE: /
  assert.match((await waitingAfterAStep()) ?? '', failed)
  scene.world.faults = NO_FAULTS
  const run = await finish(scene, runId)
  assert.deepEqual([run.state, run.waitingFor], ['succeeded', null])
  await scene.open.log.settled()
  const lines = await pageRunLog(store.db, { runId, afterId: 0, limit: 100 })
  assert.equal(lines.filter((line) => line.message.includes('was not taken')).length, 1)
})

test('a killed run writes nothing and its attempts are cancelled', async () => {
  await applyTestJob('killed')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'killed')
  while ((await scene.open.runs.progress(runId))!.slicesRunning === 0) {
    scene.open.coordinator.pump()
    await scene.open.coordinator.idle()
    await scene.world.step()
  }
  assert.deepEqual(await scene.open.runs.kill(runId), { ok: true, value: null })
  const run = await finish(scene, runId)
  assert.equal(run.state, 'killed')
  assert.ok(scene.world.cancelled.length > 0)
  assert.equal(scene.world.table.size, 0)
})

/** Lets the world work until the run's upload session is open; nothing is handed out yet. */
async function openSession(scene: Scene, runId: number): Promise<void> {
  while (scene.world.sessions.size === 0) {
    scene.open.coordinator.pump()
    await scene.open.coordinator.idle()
    await scene.world.step()
  }
  assert.equal((await scene.open.runs.progress(runId))!.phase, 'staging')
}

test('a run that is killed while slices are handed out leaves none that nobody cancels', async () => {
  await applyTestJob('killed-in-a-round')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'killed-in-a-round')
  await openSession(scene, runId)
  await scene.open.runs.kill(runId)
  await scene.open.coordinator.idle()
  const cancelled = new Set(scene.world.cancelled.map((ref) => ref.workId))
  const left = scene.world.given.filter((ref) => !cancelled.has(ref.workId))
  assert.deepEqual(left, [])
})

test('slices that were handed out as their session was lost are all cancelled, and no more follow', async () => {
  await applyTestJob('lost-in-a-round')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'lost-in-a-round')
  await openSession(scene, runId)
  const assign = scene.world.assign.bind(scene.world)
  const lost: Promise<void>[] = []
  scene.world.assign = (agentId, work) => {
    const { workId, attempt } = work
    const result = {
      ...failed('SESSION_LOST', 'RESTART_SESSION'),
      workId,
      attempt,
      finishedAtMs: 0,
    }
    if (lost.length === 0) lost.push(scene.open.coordinator.events.result(agentId, result))
    return assign(agentId, work)
  }
  await scene.open.coordinator.idle()
  await Promise.all(lost)
  const cancelled = new Set(scene.world.cancelled.map((ref) => `${ref.workId}#${ref.attempt}`))
  const left = scene.world.given.filter((ref) => !cancelled.has(`${ref.workId}#${ref.attempt}`))
  assert.deepEqual(
    left.map((work) => work.workId),
    [`run-${runId}/open`],
  )
  assert.equal((await finish(scene, runId)).state, 'succeeded')
  assertExactlyOnce(scene.world)
})

test('a kill whose commit nobody heard of ends the process: the run never goes on beside the next', async () => {
  await applyTestJob('kill-unheard')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'kill-unheard')
  await openSession(scene, runId)
  await scene.open.coordinator.idle()
  scene.losesCommitAnswer = () => true
  await assert.rejects(scene.open.runs.kill(runId), { code: 'UNAVAILABLE' })
  scene.losesCommitAnswer = () => false
  assert.ok(scene.fatal instanceof StoreError)
  await startAgain(scene)
  assert.equal((await scene.open.runs.progress(runId))!.state, 'killed')
  const next = await finish(scene, await startRun(scene, 'kill-unheard'))
  assert.equal(next.state, 'succeeded')
  assertExactlyOnce(scene.world)
})

test('a run whose session somebody else has completed is held, not failed for the next to repeat', async () => {
  await applyTestJob('closed-by-others')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'closed-by-others')
  await openSession(scene, runId)
  for (const session of scene.world.sessions.values()) session.status = 'closed'
  const run = await finish(scene, runId)
  assert.equal(run.state, 'held')
  await scene.open.coordinator.idle()
  await startAgain(scene)
  assert.equal((await scene.open.runs.progress(runId))!.state, 'held')
  assert.ok((await scene.open.runs.resolveHeld(runId, 'committed')).ok)
  assert.equal((await finish(scene, runId)).state, 'succeeded')
  assert.equal((await finish(scene, await startRun(scene, 'closed-by-others'))).rows, 0)
})

test('a plan of impossible ranges fails its run instead of being reported for ever', async () => {
  await applyTestJob('impossible')
  const scene = await openScene(NO_FAULTS, seededRandom(1), [40])
  scene.world.logStarts[0] = 41
  const run = await finish(scene, await startRun(scene, 'impossible'))
  assert.equal(run.state, 'failed')
  assert.match((run.error as { message: string }).message, /impossible ranges: .*\[41, 40\)/)
})

test('a run that waits for the last one to publish its offsets says so', async () => {
  await applyTestJob('publishes')
  const scene = await openScene(NO_FAULTS)
  const first = await startRun(scene, 'publishes')
  while ((await scene.open.runs.progress(first))!.state !== 'succeeded') {
    scene.open.coordinator.pump()
    await scene.open.coordinator.idle()
    await scene.world.step()
  }
  const second = await startRun(scene, 'publishes')
  await scene.open.coordinator.idle()
  const waiting = (await scene.open.runs.progress(second))!
  assert.equal(waiting.waitingFor, `run ${first} has to publish its offsets first`)
  assert.equal((await finish(scene, second)).state, 'succeeded')
})

test('a run that cannot be killed or resolved is refused with the reason', async () => {
  await applyTestJob('refused')
  const scene = await openScene(NO_FAULTS)
  const runId = await startRun(scene, 'refused')
  const refusal = async (answer: ReturnType<OpenRuns['runs']['kill']>) => {
    const given = await answer
    return given.ok ? '' : given.refusal.message
  }
  assert.match(await refusal(scene.open.runs.resolveHeld(runId, 'committed')), /only a held run is/)
  await openSession(scene, runId)
  for (const session of scene.world.sessions.values()) session.status = 'closed'
  await finish(scene, runId)
  assert.match(await refusal(scene.open.runs.kill(runId)), /is held .*sluice run resolve/)
  assert.ok((await scene.open.runs.resolveHeld(runId, 'notCommitted')).ok)
  assert.match(await refusal(scene.open.runs.kill(runId)), /is failed .*: it is over/)
})

test('a block that the service has lost is read again, and lost again and again fails the run', async () => {
  await applyTestJob('missing')
  const scene = await openScene(NO_FAULTS)
  let losses = 2
  const forget = (): boolean => {
    for (const { blocks } of scene.world.sessions.values()) {
      const isWhole = blocks.size === Math.max(0, ...blocks.keys()) + 1
      if (isWhole && blocks.size > 1 && losses > 0 && blocks.delete(1)) losses -= 1
    }
    return false
  }
  assert.equal((await finish(scene, await startRun(scene, 'missing'), forget)).state, 'succeeded')
  assert.equal(losses, 0)
  assertExactlyOnce(scene.world)
  scene.world.topicPartitions[0]! += 40
  losses = Infinity
  const run = await finish(scene, await startRun(scene, 'missing'), forget)
  assert.equal(run.state, 'failed')
  assert.match((run.error as { message: string }).message, /^block 1 was staged, but/)
})

test('a clock that is set back does not hold a run up', async () => {
  await applyTestJob('clock')
  const scene = await openScene({ ...NO_FAULTS, fail: 1 })
  scene.nowMs = 10 * 60 * 60 * 1000
  const runId = await startRun(scene, 'clock')
  await scene.open.coordinator.idle()
  await scene.world.step()
  scene.world.faults = NO_FAULTS
  scene.nowMs = 1_000
  for (let second = 0; second < 40 && scene.world.idle; second++) {
    scene.nowMs += 1_000
    scene.open.coordinator.sweep()
    await scene.open.coordinator.idle()
  }
  assert.ok(!scene.world.idle, 'the plan is tried again')
  assert.equal((await finish(scene, runId)).state, 'succeeded')
})

const SEEDS = 40

test(`whatever fails, every offset is in the table exactly once (${SEEDS} seeds)`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed)
    const faults = {
      reject: random() * 0.2,
      loseAgent: random() * 0.2,
      fail: random() * 0.2,
      sessionLost: random() * 0.02,
      lostCommitReply: random() * 0.7,
    }
    const name = `chaos-${seed}`
    await applyTestJob(name)
    const scene = await openScene(faults, random, [30, 17, 0, 5])
    for (const more of [0, 9]) {
      scene.losesCommitAnswer = () => false
      scene.world.topicPartitions[1]! += more
      const runId = await startRun(scene, name)
      const restarts = random() * 0.1
      const unheard = random() * 0.006
      scene.losesCommitAnswer = () => random() < unheard
      const run = await finish(scene, runId, () => random() < restarts)
      assert.equal(run.state, 'succeeded', `seed ${seed}: ${JSON.stringify(run)}`)
      assertExactlyOnce(scene.world)
    }
  }
})

async function jobText(name: string): Promise<JobJson> {
  const rows = await store.db.query<{ redacted: string }>(
    'SELECT v.redacted FROM jobs j JOIN job_versions v ON v.job_id = j.id WHERE j.name = $1',
    [name],
  )
  return JSON.parse(rows[0]!.redacted) as JobJson
}

function applyText(name: string, job: JobJson): Promise<void> {
  return storeJob(store.db, name, job)
}
