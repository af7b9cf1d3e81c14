/** One agent against a control plane that says what the test wants, over real connections. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../lib/manual-clock.ts'
import { certificateRequest, makeAgentKey } from './link/agent-key.ts'
import { DEFAULT_AGENT_LINK_SETTINGS } from './link/link-settings.ts'
import { TestExecutor } from './link/test-executor.ts'
import { makeTestTls, testCertificate, TestPlane } from './link/test-plane.ts'
import type { TestTls } from './link/test-plane.ts'
import { LogRing } from './loops/log-ring.ts'
import { startAgent } from './start-agent.ts'
import type { RunningAgent } from './start-agent.ts'

const REF = { workId: 'run-1/slice-0', attempt: 1 }
const SLICE = { ...REF, slice: { runId: 1 } }
const LOAD = {
  cpuPercent: 12.5,
  memoryTotalBytes: 1000,
  memoryUsedBytes: 400,
  load1: 0.5,
  diskTotalBytes: 10 ** 12,
  networkReceivedBytes: 2_000,
  networkSentBytes: 1_000,
  diskFreeBytes: 10 ** 11,
}
let tls: TestTls
let own: { readonly keyPem: string; readonly certificatePem: string }
before(async () => {
  tls = await makeTestTls()
  const keyPem = makeAgentKey()
  own = { keyPem, certificatePem: await testCertificate(tls, certificateRequest(keyPem)) }
})

interface Setup {
  readonly plane: TestPlane
  readonly clock: ManualClock
  readonly executor: TestExecutor
  readonly ring: LogRing
  readonly stateDir: string
  readonly agent: RunningAgent
  /** What the agents have logged. */
  readonly logged: string[]
  /** Another process over the same state directory. */
  readonly restart: () => Promise<{ readonly agent: RunningAgent; readonly executor: TestExecutor }>
}

async function setUp(t: TestContext, load = LOAD): Promise<Setup> {
  const plane = await TestPlane.start(tls)
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-agent-'))
  const clock = new ManualClock()
  const ring = new LogRing(() => clock.nowMs())
  const agents: RunningAgent[] = []
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
  const start = async (): Promise<{ agent: RunningAgent; executor: TestExecutor }> => {
    const executor = new TestExecutor(2)
    const server = { host: '127.0.0.1', port: plane.port }
    const agent = await startAgent({
      identity: { agentId: 'a1', name: 'edge', group: 'idc', server, caPem: tls.caPem, ...own },
      stateDir,
      executor,
      settings: DEFAULT_AGENT_LINK_SETTINGS,
      clock,
      random: () => 0,
      ring,
      log,
      sampleLoad: async () => load,
    })
    agents.push(agent)
    return { agent, executor }
  }
  const { agent, executor } = await start()
  t.after(async () => {
    plane.stop()
    for (const each of agents) {
      const stopped = each.stop()
      for (let done = false; !done;) {
        clock.advance(1_000)
        done = await Promise.race([stopped.then(() => true), turn().then(() => false)])
      }
    }
    await rm(stateDir, { recursive: true })
  })
  return { plane, clock, executor, ring, stateDir, agent, logged, restart: start }
}

/** One round of the event loop: what is ready has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await turn()
}

async function spooled(stateDir: string): Promise<string[]> {
  const names = await readdir(join(stateDir, 'results'))
  return names.filter((name) => name.endsWith('.result'))
}

test('hello says who the host is and what it can take', async (t) => {
  const { plane } = await setUp(t)
  const session = await plane.session()
  const hello = await session.gets('hello')
  assert.equal(hello.channels, 2)
  assert.equal(session.call.metadata.get('sluice-process-id')[0], hello.processId)
  assert.equal(hello.generation, 0)
  assert.ok((hello.facts?.cpuCount ?? 0) > 0)
  assert.notEqual(hello.processId, '')
})

test('a heartbeat comes at once and then every beat, with load, channels and host', async (t) => {
  const { plane, clock } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  await session.gets('accept')
  clock.advance(5_000)
  const beat = await session.gets('heartbeat', 2)
  assert.equal(beat.beatNo, 2)
  assert.equal(beat.cpuPercent, 12.5)
  assert.equal(beat.memoryUsedBytes, 400)
  assert.equal(beat.diskFreeBytes, 10 ** 11)
  assert.equal(beat.agentTimeMs, clock.nowMs())
  assert.deepEqual([beat.channels, beat.freeChannels, beat.inflight], [2, 1, 1])
  assert.ok(beat.processRssBytes > 0)
  assert.notEqual(beat.hostname, '')
  session.send({ heartbeatAck: { beatNo: 2, leaseMs: 60_000, beatMs: 15_000 } })
  await turn()
  await until(() => {
    clock.advance(5_000)
    return session.count('heartbeat') === 3
  })
})

test('an agent that is told a longer lease waits for that long at once', async (t) => {
  const { plane, clock } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ heartbeatAck: { beatNo: 1, leaseMs: 60_000, beatMs: 15_000 } })
  for (let round = 0; round < 100; round += 1) await turn() // nothing says that the frame was read
  for (let second = 0; second < 59; second += 1) {
    clock.advance(1_000)
    await turn()
  }
  assert.equal(session.isOver, false)
  clock.advance(1_000)
  await session.over()
})

test('a result is on disk before it is sent, and goes when it is acknowledged', async (t) => {
  const { plane, executor, stateDir } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  assert.equal(work.assign.slice?.runId, 1)
  work.finish({ slice: { rows: 41 } })
  const result = await session.gets('result')
  assert.equal(result.slice?.rows, 41)
  assert.equal(result.workId, REF.workId)
  assert.deepEqual(await spooled(stateDir), ['run-1%2Fslice-0-1.result'])
  session.send({ resultAck: REF })
  await until(async () => (await spooled(stateDir)).length === 0)
})

test('work goes on over a broken connection, and its result is offered and sent after it', async (t) => {
  const { plane, clock, executor, stateDir, logged } = await setUp(t)
  const first = await plane.session()
  await first.welcome()
  first.send({ assign: SLICE })
  first.send({ assign: { workId: 'run-1/slice-1', attempt: 4, slice: {} } })
  const work = await executor.work(1)
  await executor.work(2)
  first.breakOff()
  await first.over()
  work.finish()
  await until(() => logged.some((line) => line.includes('work ends')))
  assert.equal((await spooled(stateDir)).length, 1)
  await until(() => {
    clock.advance(100)
    return plane.sessions.length === 2
  })
  const second = await plane.session(2)
  const hello = await second.gets('hello')
  assert.deepEqual(hello.inflight, [{ workId: 'run-1/slice-1', attempt: 4, takesChannel: true }])
  assert.deepEqual(hello.spooledResults, [REF])
  await second.welcome([
    { workId: 'run-1/slice-1', attempt: 4, verdict: 'KEEP' },
    { ...REF, verdict: 'SEND_RESULT' },
  ])
  assert.equal((await second.gets('result')).workId, REF.workId)
  assert.equal(work.cancelledBecause, null)
  second.send({ resultAck: REF })
  await until(async () => (await spooled(stateDir)).length === 0)
  assert.equal(second.count('result'), 1)
})

test('a result survives a restart of the agent and is sent once more until it is acknowledged', async (t) => {
  const { plane, clock, executor, stateDir, agent, restart } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  work.finish({ slice: { rows: 5 } })
  await session.gets('result')
  const stopped = agent.stop()
  await until(async () => {
    clock.advance(1_000)
    return Promise.race([stopped.then(() => true), turn().then(() => false)])
  })
  assert.deepEqual(await spooled(stateDir), ['run-1%2Fslice-0-1.result'])
  const again = await restart()
  const next = await plane.session(2)
  const hello = await next.gets('hello')
  assert.deepEqual(hello.spooledResults, [REF])
  assert.deepEqual(hello.inflight, [])
  await next.welcome([{ ...REF, verdict: 'SEND_RESULT' }])
  assert.equal((await next.gets('result')).slice?.rows, 5)
  // The same assignment again finds the answer on disk: nothing is started.
  next.send({ assign: SLICE })
  await next.gets('accept')
  assert.equal(again.executor.started.length, 0)
  next.send({ resultAck: REF })
  await until(async () => (await spooled(stateDir)).length === 0)
})

test('verdicts are carried out before reconciled: stopped work leaves no result, a dropped result no file', async (t) => {
  const { plane, clock, executor, stateDir } = await setUp(t)
  const first = await plane.session()
  await first.welcome()
  first.send({ assign: SLICE })
  first.send({ assign: { workId: 'run-1/slice-1', attempt: 1, slice: {} } })
  const finished = await executor.work(1)
  const running = await executor.work(2)
  finished.finish()
  await first.gets('result')
  first.breakOff()
  await first.over()
  executor.ignoresCancel = true
  await until(() => {
    clock.advance(100)
    return plane.sessions.length === 2
  })
  const second = await plane.session(2)
  await second.gets('hello')
  const welcomed = second.welcome([
    { workId: 'run-1/slice-1', attempt: 1, verdict: 'STOP' },
    { ...REF, verdict: 'DROP_RESULT' },
  ])
  await until(() => running.cancelledBecause !== null)
  await second.gets('heartbeat')
  assert.equal(second.count('reconciled'), 0)
  running.finish()
  await welcomed
  assert.deepEqual(await spooled(stateDir), [])
  assert.equal(second.count('result'), 0)
})

test('the same assignment again gets the same answer and runs once; older attempts are stale', async (t) => {
  const { plane, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: { ...SLICE, attempt: 2 } })
  session.send({ assign: { ...SLICE, attempt: 2 } })
  await session.gets('accept', 2)
  assert.equal(executor.started.length, 1)
  session.send({ assign: SLICE })
  const stale = await session.gets('reject')
  assert.deepEqual([stale.reason, stale.attempt], ['STALE_ATTEMPT', 1])
  // A newer attempt replaces the one that runs, whose result nobody gets.
  session.send({ assign: { ...SLICE, attempt: 3 } })
  await session.gets('accept', 3)
  assert.match(executor.started[0]?.cancelledBecause ?? '', /newer attempt/)
  ;(await executor.work(2)).finish()
  assert.equal((await session.gets('result')).attempt, 3)
  assert.equal(session.count('result'), 1)
  // Over and acknowledged: saying that it runs would make the control plane wait for ever.
  session.send({ resultAck: { workId: SLICE.workId, attempt: 3 } })
  session.send({ assign: { ...SLICE, attempt: 3 } })
  assert.equal((await session.gets('reject', 2)).reason, 'STALE_ATTEMPT')
  assert.equal(executor.started.length, 2)
})

test('work beyond the channels, of an unknown kind, or without room on disk is rejected by name', async (t) => {
  const { plane } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  for (const no of [0, 1, 2]) {
    session.send({ assign: { workId: `run-1/slice-${no}`, attempt: 1, slice: {} } })
  }
  assert.deepEqual(await session.gets('reject'), {
    workId: 'run-1/slice-2',
    attempt: 1,
    reason: 'FULL',
    message: 'all 2 channels are in use',
  })
  session.send({ assign: { workId: 'run-1/plan', attempt: 1, plan: {} } })
  await session.gets('accept', 3) // steps do not need a channel
  session.send({ assign: { workId: 'run-1/riddle', attempt: 1 } })
  assert.equal((await session.gets('reject', 2)).reason, 'UNSUPPORTED')
})

test('with a full disk new work is rejected and says so', async (t) => {
  const { plane } = await setUp(t, { ...LOAD, diskFreeBytes: 1000 })
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const reject = await session.gets('reject')
  assert.equal(reject.reason, 'NO_DISK')
  assert.match(reject.message, /DISK_FULL: .* has 1000 bytes free/)
  // What it is asked about itself it answers all the same.
  session.send({ assign: { workId: 'test-1', attempt: 1, test: {} } })
  assert.equal((await session.gets('accept')).workId, 'test-1')
})

test('a cancel ends the work as CANCELLED', async (t) => {
  const { plane, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  await executor.work(1)
  session.send({ cancel: { ...REF, reason: 'killed by a person' } })
  const result = await session.gets('result')
  assert.equal(result.error?.code, 'CANCELLED')
  assert.equal(result.error.message, 'killed by a person')
})

test('progress is coalesced: the latest of an attempt, at most one a second, none after its result', async (t) => {
  const { plane, clock, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  for (let rows = 1; rows <= 50; rows += 1) work.reporter.progress({ rows })
  assert.equal((await session.gets('progress')).rows, 1)
  clock.advance(1_000)
  const latest = await session.gets('progress', 2)
  assert.deepEqual([latest.rows, latest.workId, latest.attempt], [50, REF.workId, 1])
  work.reporter.progress({ rows: 60 })
  work.finish()
  await session.gets('result')
  clock.advance(5_000)
  await session.gets('heartbeat', 2)
  assert.equal(session.count('progress'), 2)
})

test('a drain lets running work end, rejects new work and says bye; the agent stays', async (t) => {
  const { plane, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  session.send({ drain: { deadlineMs: 60_000 } })
  session.send({ assign: { workId: 'run-1/slice-1', attempt: 1, slice: {} } })
  assert.equal((await session.gets('reject')).reason, 'DRAINING')
  work.finish()
  await session.gets('result')
  assert.equal((await session.gets('bye')).drained, true)
  assert.equal(session.isOver, false)
})

test('at the drain deadline what still runs is dropped without a result', async (t) => {
  const { plane, clock, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  session.send({ drain: { deadlineMs: 10_000 } })
  session.send({ assign: { workId: 'run-1/slice-1', attempt: 1, slice: {} } })
  await session.gets('reject') // the drain has begun
  clock.advance(10_000)
  assert.equal((await session.gets('bye')).drained, false)
  assert.match(work.cancelledBecause ?? '', /drain deadline/)
  assert.equal(session.count('result'), 0)
})

test('a second drain brings another deadline, and bye is said once', async (t) => {
  const { plane, clock, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  session.send({ drain: { deadlineMs: 4_000 } })
  session.send({ drain: { deadlineMs: 9_000 } })
  session.send({ assign: { workId: 'run-1/slice-1', attempt: 1, slice: {} } })
  await session.gets('reject') // both have been heard
  clock.advance(4_000)
  await new Promise(setImmediate)
  assert.equal(work.cancelledBecause, null)
  clock.advance(5_000)
  assert.equal((await session.gets('bye')).drained, false)
  assert.match(work.cancelledBecause ?? '', /drain deadline/)
  session.send({ assign: { workId: 'run-1/slice-2', attempt: 1, slice: {} } })
  await session.gets('reject', 2)
  assert.equal(session.count('bye'), 1)
})

test('a stop drains, waits for the acknowledgement, says bye and ends the stream and the executor', async (t) => {
  const { plane, executor, agent } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  const work = await executor.work(1)
  const stopped = agent.stop()
  work.finish()
  await session.gets('result')
  session.send({ resultAck: REF })
  assert.equal((await session.gets('bye')).drained, true)
  await stopped
  await session.over()
  assert.deepEqual(await agent.done, { kind: 'stopped' })
  assert.equal(executor.isClosed, true)
})

test('an unknown or revoked agent stops for good and says why', async (t) => {
  const { plane, agent } = await setUp(t)
  const session = await plane.session()
  await session.gets('hello')
  session.send({ fenced: { reason: 'REVOKED', message: 'agent edge was revoked' } })
  assert.deepEqual(await agent.done, { kind: 'fatal', message: 'agent edge was revoked' })
})

test('an agent whose identity is used elsewhere tries again slowly', async (t) => {
  const { plane, clock } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ fenced: { reason: 'NEWER_SESSION', message: 'said hello again' } })
  await session.over()
  await turn()
  clock.advance(14_999)
  await turn()
  assert.equal(plane.sessions.length, 1)
  clock.advance(1)
  await plane.session(2)
})

test('after go away the agent comes back when it was told to', async (t) => {
  const { plane, clock } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ goAway: { reason: 'restart', reconnectAfterMs: 700 } })
  await session.over()
  await turn()
  clock.advance(699)
  await turn()
  assert.equal(plane.sessions.length, 1)
  clock.advance(1)
  await plane.session(2)
})

test('a control plane that says nothing for a lease is given up', async (t) => {
  const { plane, clock } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  clock.advance(20_000)
  await session.over()
  await until(() => {
    clock.advance(100)
    return plane.sessions.length === 2
  })
})

test('over the offline budget running work is dropped, results stay', async (t) => {
  const { plane, clock, executor, stateDir } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: SLICE })
  session.send({ assign: { workId: 'run-1/slice-1', attempt: 1, slice: {} } })
  const done = await executor.work(1)
  const running = await executor.work(2)
  plane.stop()
  await session.over()
  done.finish()
  await until(async () => (await spooled(stateDir)).length === 1)
  clock.advance(599_000)
  assert.equal(running.cancelledBecause, null)
  clock.advance(2_000)
  assert.match(running.cancelledBecause ?? '', /offline budget/)
  await turn()
  assert.deepEqual(await spooled(stateDir), ['run-1%2Fslice-0-1.result'])
})

test('log lines are sent in order, and again from the first unacknowledged one after a reconnect', async (t) => {
  const { plane, clock, ring } = await setUp(t)
  ring.push({ level: 'info', message: 'one' })
  const first = await plane.session()
  await first.welcome()
  assert.deepEqual(await plane.logs(1), ['one'])
  await until(() => ring.firstPosition === 1)
  plane.acknowledgesLogs = false
  ring.push({ level: 'info', message: 'two' })
  ring.push({ level: 'info', message: 'three' })
  clock.advance(250)
  assert.deepEqual(await plane.logs(3), ['one', 'two', 'three'])
  first.breakOff()
  await first.over()
  plane.acknowledgesLogs = true
  await until(() => {
    clock.advance(100)
    return plane.sessions.length === 2
  })
  await (await plane.session(2)).welcome()
  assert.deepEqual(await plane.logs(5), ['one', 'two', 'three', 'two', 'three'])
  assert.equal(plane.chunks.at(-1)?.position, 1)
  await until(() => ring.firstPosition === 3)
})

test('a bulk body arrives whole', async (t) => {
  const { plane, executor } = await setUp(t)
  const session = await plane.session()
  await session.welcome()
  session.send({ assign: { workId: 'query-1', attempt: 1, query: {} } })
  const work = await executor.work(1)
  await session.gets('accept')
  const body = Buffer.alloc(1_000_000, 'x')
  await work.reporter.deliverBulk('b1', body)
  assert.ok(plane.bulks[0]?.body.equals(body))
  await assert.rejects(
    work.reporter.deliverBulk('b2', Buffer.alloc(17 * 1024 * 1024)),
    /ask for fewer rows/,
  )
})

test('a bulk body waits for the next session, but not for ever', async (t) => {
  const { plane, clock, executor, logged } = await setUp(t)
  const losses = (): number => logged.filter((line) => line.includes('connection lost')).length
  const first = await plane.session()
  await first.welcome()
  first.send({ assign: { workId: 'query-1', attempt: 1, query: {} } })
  const work = await executor.work(1)
  first.breakOff()
  await until(() => losses() === 1)
  const delivered = work.reporter.deliverBulk('b1', Buffer.from('rows'))
  await until(() => {
    clock.advance(100)
    return plane.sessions.length === 2
  })
  const second = await plane.session(2)
  await second.welcome([{ workId: 'query-1', attempt: 1, verdict: 'KEEP' }])
  await delivered
  assert.equal(plane.bulks[0]?.body.toString(), 'rows')
  second.breakOff()
  await until(() => losses() === 2)
  plane.stop()
  const refused = assert.rejects(
    work.reporter.deliverBulk('b2', Buffer.from('rows')),
    /no connection to the control plane for 60000 ms/,
  )
  await turn()
  clock.advance(60_000)
  await refused
})
