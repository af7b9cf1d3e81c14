import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import { FRAME_BYTES_MAX } from '../../proto/link-limits.ts'
import { openTls } from '../tls/open-tls.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import { DEFAULT_LINK_SETTINGS } from './link-settings.ts'
import type { AgentState } from './link-store.ts'
import { createLinkServer } from './server.ts'
import type { LinkServer } from './server.ts'
import {
  connectClient,
  makeTestIdentity,
  makeTestKey,
  TEST_FACTS,
  TestAgent,
} from './test-agent.ts'
import type { TestIdentity, TestKey } from './test-agent.ts'
import { RecordedEvents } from './test-events.ts'
import { MemoryLinkStore } from './test-store.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const AGENT_ID: string = randomUUID()
const SLICE = { slice: { runId: 1 } }
let tls: ServerTls
let tlsDir: string
let key: TestKey
let identity: TestIdentity

before(async () => {
  tlsDir = await mkdtemp(join(tmpdir(), 'sluice-link-'))
  tls = await openTls({ dir: tlsDir, hostNames: [], nowMs: Date.now() })
  key = await makeTestKey()
  identity = await makeTestIdentity(tls, key, AGENT_ID, NOW_MS)
})
after(() => rm(tlsDir, { recursive: true }))

interface Plane {
  readonly link: LinkServer
  readonly store: MemoryLinkStore
  readonly events: RecordedEvents
  readonly clock: ManualClock
  /** A new connection of its own. */
  readonly dial: (as?: TestIdentity) => TestAgent
  readonly port: number
}

async function startPlane(t: TestContext, state: AgentState = 'enrolled'): Promise<Plane> {
  const clock = new ManualClock(NOW_MS)
  const store = new MemoryLinkStore()
  store.addAgent({ agentId: AGENT_ID, publicKeyHash: key.publicKeyHash, state })
  const events = new RecordedEvents()
  const log = pino({ level: 'silent' })
  const settings = DEFAULT_LINK_SETTINGS
  const link = createLinkServer({
    audit: () => {},
    host: '127.0.0.1',
    port: 0,
    tls,
    settings,
    store,
    clock,
    random: () => 0.5,
    log,
  })
  const port = await link.listen(events)
  const clients: TestAgent[] = []
  t.after(async () => {
    for (const agent of clients) {
      agent.call.cancel()
      agent.client.close()
    }
    await link.close()
  })
  const dial = (as = identity): TestAgent => {
    const agent = new TestAgent(connectClient(port, tls.caPem, as))
    agent.generation = () => store.agents.get(AGENT_ID)?.generationOffered ?? 0
    clients.push(agent)
    return agent
  }
  return { link, store, events, clock, dial, port }
}

test('hello is answered with welcome, and reconciled makes the agent ready', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const agent = dial()
  agent.hello()
  const welcome = await agent.gets('welcome')
  assert.equal(welcome.leaseMs, 20_000)
  assert.equal(welcome.beatMs, 5_000)
  assert.deepEqual(link.readyAgents(), [])
  agent.epoch = agent.frames[0]?.sessionEpoch ?? 0
  assert.equal(agent.epoch, 1)
  agent.send({ reconciled: {} })
  await events.hears('ready')
  assert.deepEqual(
    link.readyAgents().map(({ agentId, channels }) => ({ agentId, channels })),
    [{ agentId: AGENT_ID, channels: 2 }],
  )
})

test('welcome carries a verdict for everything that hello lists', async (t) => {
  const { events, dial } = await startPlane(t)
  events.verdicts.set('run-1/slice-2#1', 'STOP').set('run-1/slice-4#1', 'DROP_RESULT')
  const agent = dial()
  await agent.join({
    inflight: [
      { workId: 'run-1/slice-1', attempt: 3, takesChannel: true },
      { workId: 'run-1/slice-2', attempt: 1, takesChannel: true },
    ],
    spooledResults: [
      { workId: 'run-1/slice-3', attempt: 1 },
      { workId: 'run-1/slice-4', attempt: 1 },
    ],
  })
  const { reconcile } = await agent.gets('welcome')
  assert.deepEqual(
    reconcile.map(({ workId, attempt, verdict }) => `${workId}#${attempt} ${verdict}`),
    [
      'run-1/slice-1#3 KEEP',
      'run-1/slice-2#1 STOP',
      'run-1/slice-3#1 SEND_RESULT',
      'run-1/slice-4#1 DROP_RESULT',
    ],
  )
})

test('an unknown agent and a wrong key are fenced with the same words', async (t) => {
  const { dial } = await startPlane(t)
  const wrongKey = dial(await makeTestIdentity(tls, await makeTestKey(), AGENT_ID, NOW_MS))
  wrongKey.hello()
  const stranger = dial(await makeTestIdentity(tls, key, randomUUID(), NOW_MS))
  stranger.hello()
  const [first, second] = await Promise.all([wrongKey.gets('fenced'), stranger.gets('fenced')])
  assert.equal(first.reason, 'UNKNOWN_AGENT')
  assert.equal(second.reason, 'UNKNOWN_AGENT')
  assert.equal(await wrongKey.over, null)
})

test('the newest session wins: the older one is fenced and the agent has one epoch more', async (t) => {
  const { events, dial } = await startPlane(t)
  const older = dial()
  await older.join()
  await events.hears('ready')
  const newer = dial()
  await newer.join()
  assert.equal((await older.gets('fenced')).reason, 'NEWER_SESSION')
  await events.hears('ready', 2)
  assert.equal(newer.epoch, 2)
  assert.equal(events.count('lost'), 0)
})

test('work is assigned against free channels only, and steps have places of their own', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  const slice = (no: number): boolean =>
    link.assign(AGENT_ID, { workId: `run-1/slice-${no}`, attempt: 1, ...SLICE })
  assert.deepEqual([slice(0), slice(1), slice(2)], [true, true, false])
  const step = (no: number): boolean =>
    link.assign(AGENT_ID, { workId: `run-${no}/plan`, attempt: 1, plan: {} })
  assert.deepEqual(
    [...Array(9).keys()].map(step),
    [...Array(9).keys()].map((no) => no < 8),
  )
  const { workId } = await agent.gets('assign')
  agent.send({ accept: { workId, attempt: 1 } })
  agent.send({ reject: { workId: 'run-1/slice-1', attempt: 1, reason: 'FULL', message: 'busy' } })
  await events.hears('accepted run-1/slice-0#1')
  await events.hears('rejected run-1/slice-1#1 FULL: busy')
  assert.equal(slice(2), true)
})

test('an agent whose disk is full is passed over until its next beat', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  link.assign(AGENT_ID, { workId: 'run-1/slice-0', attempt: 1, ...SLICE })
  const { workId } = await agent.gets('assign')
  agent.send({ reject: { workId, attempt: 1, reason: 'NO_DISK', message: 'DISK_FULL: /state' } })
  await events.hears('rejected run-1/slice-0#1 NO_DISK: DISK_FULL: /state')
  assert.deepEqual(link.readyAgents(), [])
  assert.equal(link.agentName(AGENT_ID), `agent-${AGENT_ID.slice(0, 4)}`)
  assert.equal(link.assign(AGENT_ID, { workId: 'run-1/slice-1', attempt: 1, ...SLICE }), false)
  agent.beat()
  await events.hears('ready', 2)
  assert.equal(link.readyAgents().length, 1)
})

test('an assignment without answer is withdrawn after the accept timeout, and a late accept cancelled', async (t) => {
  const { link, events, clock, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  link.assign(AGENT_ID, { workId: 'run-1/slice-0', attempt: 1, ...SLICE })
  await agent.gets('assign')
  clock.advance(2_999)
  assert.equal(events.count('rejected'), 0)
  clock.advance(1)
  await events.hears('rejected run-1/slice-0#1 TIMEOUT')
  await agent.gets('cancel')
  agent.send({ accept: { workId: 'run-1/slice-0', attempt: 1 } })
  assert.match((await agent.gets('cancel', 2)).reason, /withdrawn/)
  assert.equal(events.count('accepted'), 0)
})

test('a result is acknowledged when it is durable, not before', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const gate = Promise.withResolvers<void>()
  events.resultGate = gate.promise
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  link.assign(AGENT_ID, { workId: 'run-1/slice-0', attempt: 1, ...SLICE })
  await agent.gets('assign')
  agent.send({ result: { workId: 'run-1/slice-0', attempt: 1, slice: { rows: 7 } } })
  agent.beat()
  await agent.gets('heartbeatAck') // the beat overtook the result
  assert.ok(!agent.frames.some(({ frame }) => frame === 'resultAck'))
  gate.resolve()
  assert.deepEqual(await agent.gets('resultAck'), { workId: 'run-1/slice-0', attempt: 1 })
  assert.equal(events.results[0]?.slice?.rows, 7)
})

test('a withdrawal that cannot be stored breaks the session off, so that reconcile gives the work back', async (t) => {
  const { link, events, clock, dial } = await startPlane(t)
  events.failNextReject = true
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  link.assign(AGENT_ID, { workId: 'run-1/slice-0', attempt: 1, ...SLICE })
  await agent.gets('assign')
  clock.advance(3_000)
  assert.match((await agent.over)?.details ?? '', /cannot store a withdrawal/)
})

test('a result that cannot be stored breaks the session off, so that the agent offers it again', async (t) => {
  const { events, dial } = await startPlane(t)
  events.failNextResult = true
  const agent = dial()
  await agent.join()
  agent.send({ result: { workId: 'run-1/slice-0', attempt: 1, slice: {} } })
  const error = await agent.over
  assert.match(error?.details ?? '', /cannot store a result/)
  const again = dial()
  await again.join({ spooledResults: [{ workId: 'run-1/slice-0', attempt: 1 }] })
  again.send({ result: { workId: 'run-1/slice-0', attempt: 1, slice: {} } })
  await again.gets('resultAck')
})

test('a silent agent becomes suspect, then offline, and is lost exactly once', async (t) => {
  const { link, store, events, clock, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  clock.advance(12_000)
  assert.equal(link.readyAgents().length, 1)
  clock.advance(1_000)
  assert.equal(link.readyAgents().length, 0)
  assert.equal(link.isLost(AGENT_ID), false)
  clock.advance(8_500)
  assert.equal(events.count('lost'), 0)
  clock.advance(1_000)
  await events.hears('lost')
  assert.equal(link.isLost(AGENT_ID), true)
  clock.advance(60_000)
  await agent.over
  assert.equal(events.count('lost'), 1)
  assert.deepEqual(store.states, ['online', 'suspect', 'offline'])
})

test('a beat brings a suspect agent back, and the coordinator hears of it', async (t) => {
  const { link, events, clock, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  clock.advance(13_000)
  assert.equal(link.readyAgents().length, 0)
  agent.beat()
  await events.hears('ready', 2)
  assert.equal(link.readyAgents().length, 1)
})

test('a loss that run/ cannot take is reported again', async (t) => {
  const { events, clock, dial } = await startPlane(t)
  events.failNextLoss = true
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  clock.advance(23_000)
  await events.hears('loss failed')
  await agent.over
  await new Promise(setImmediate)
  clock.advance(1_000)
  await events.hears('lost')
})

test('a reconnect inside the lease keeps the work and its credit', async (t) => {
  const { link, events, clock, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  link.assign(AGENT_ID, { workId: 'run-1/slice-0', attempt: 1, ...SLICE })
  await agent.gets('assign')
  agent.send({ accept: { workId: 'run-1/slice-0', attempt: 1 } })
  await events.hears('accepted')
  agent.call.cancel()
  clock.advance(15_000)
  const again = dial()
  await again.join({
    inflight: [{ workId: 'run-1/slice-0', attempt: 1, takesChannel: true }],
  })
  await events.hears('ready', 2)
  clock.advance(10_000)
  assert.equal(events.count('lost'), 0)
  const slice = (no: number): boolean =>
    link.assign(AGENT_ID, { workId: `run-1/slice-${no}`, attempt: 1, ...SLICE })
  assert.deepEqual([slice(1), slice(2)], [true, false])
})

test('a reconnect, a restart of the process and a restart of the host are three things', async (t) => {
  const { link, events, clock, dial } = await startPlane(t)
  const join = async (times: number, hello: Parameters<TestAgent['join']>[0]) => {
    const agent = dial()
    await agent.join(hello)
    await events.hears('ready', times)
    agent.send({ bye: { drained: true } })
    agent.call.end()
    await events.hears('lost', times)
    clock.advance(1_000)
    return link.lastRestart(AGENT_ID)
  }
  assert.equal(await join(1, { processId: 'p1' }), null)
  assert.equal(await join(2, { processId: 'p1' }), null)
  const process = await join(3, { processId: 'p2' })
  assert.deepEqual(process, { atMs: NOW_MS + 2_000, what: 'process' })
  const facts = { ...TEST_FACTS, bootId: 'boot-2' }
  const host = await join(4, { processId: 'p3', facts })
  assert.deepEqual(host, { atMs: NOW_MS + 3_000, what: 'host' })
})

test('after a start every known agent has a full lease before it is lost', async (t) => {
  const { link, events, clock } = await startPlane(t, 'online')
  assert.equal(link.isLost(AGENT_ID), false)
  clock.advance(21_000)
  assert.equal(events.count('lost'), 0)
  clock.advance(2_000)
  await events.hears('lost')
})

test('a pause of this process is no silence of the agents', async (t) => {
  const { link, events, clock, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  clock.jump(60_000)
  assert.equal(events.count('lost'), 0)
  assert.equal(link.readyAgents().length, 1)
})

test('an agent that says bye and leaves is lost at once', async (t) => {
  const { events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  agent.send({ bye: { drained: true } })
  agent.call.end()
  await events.hears('lost the agent said goodbye')
})

test('frames out of order are refused by name', async (t) => {
  const { events, dial } = await startPlane(t)
  const cases: readonly [RegExp, (agent: TestAgent) => Promise<void> | void][] = [
    [/first frame must be hello/, (agent) => agent.beat()],
    [
      /accept came before reconciled/,
      async (agent) => {
        agent.hello()
        await agent.gets('welcome')
        agent.epoch = agent.frames[0]?.sessionEpoch ?? 0
        agent.send({ accept: { workId: 'run-1/plan', attempt: 1 } })
      },
    ],
    [
      /carries epoch 99/,
      async (agent) => {
        await agent.join()
        agent.epoch = 99
        agent.beat()
      },
    ],
    [
      /carries seq 9 after 2/,
      async (agent) => {
        await agent.join()
        agent.seq = 8
        agent.beat()
      },
    ],
    [
      /larger than the 4194304/,
      async (agent) => {
        await agent.join()
        agent.send({ progress: { stage: 'x'.repeat(FRAME_BYTES_MAX) } })
      },
    ],
  ]
  for (const [message, misbehave] of cases) {
    const agent = dial()
    await misbehave(agent)
    const fenced = await agent.gets('fenced')
    assert.equal(fenced.reason, 'PROTOCOL_ERROR')
    assert.match(fenced.message, message)
    assert.equal(await agent.over, null)
  }
  assert.equal(events.count('accepted'), 0)
})

test('a protocol version that we do not speak is refused with both ranges', async (t) => {
  const { dial } = await startPlane(t)
  const agent = dial()
  agent.hello({ protocolVersionMin: 7, protocolVersionMax: 9 })
  const fenced = await agent.gets('fenced')
  assert.equal(fenced.reason, 'PROTOCOL_VERSION')
  assert.match(fenced.message, /versions 7 to 9 .* 1 to 1/)
})

test('a stream without hello is fenced after the hello timeout', async (t) => {
  const { clock, dial } = await startPlane(t)
  const idle = clock.pending
  const agent = dial()
  await new Promise<void>((resolve) =>
    agent.client.waitForReady(Date.now() + 5_000, () => resolve()),
  )
  while (clock.pending < idle + 1) await new Promise(setImmediate) // the hello timeout
  clock.advance(10_000)
  assert.match((await agent.gets('fenced')).message, /no hello came in time/)
})

test('revoking ends the live session at once, and the key is not accepted again', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  await link.revoke(AGENT_ID)
  assert.equal((await agent.gets('fenced')).reason, 'REVOKED')
  await events.hears('lost the agent was revoked')
  const again = dial()
  again.hello()
  assert.equal((await again.gets('fenced')).reason, 'REVOKED')
})

test('a heartbeat is acknowledged and stored with the lease it gave', async (t) => {
  const { store, clock, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  agent.beat(41)
  const ack = await agent.gets('heartbeatAck')
  assert.deepEqual(ack, {
    beatNo: 41,
    leaseMs: 20_000,
    beatMs: 5_000,
    planeTimeMs: clock.nowMs(),
  })
  const beatAtMs = clock.nowMs()
  assert.equal(store.beats.length, 0)
  for (let second = 0; second < 61; second += 1) {
    clock.advance(1_000)
    await new Promise(setImmediate)
  }
  const [beat] = store.beats
  assert.deepEqual(
    [beat?.sessionEpoch, (beat?.heartbeat as { cpuPercent: number } | undefined)?.cpuPercent],
    [1, 12.5],
  )
  assert.deepEqual([beat?.heartbeatAtMs, beat?.leaseUntilMs], [beatAtMs, beatAtMs + 20_000])
})

test('log lines are stored once, even when a chunk comes again after a lost acknowledgement', async (t) => {
  const { store, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  const line = (message: string): object => ({ atMs: 1, level: 'info', message })
  const upload = (chunk: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const call = agent.client.uploadLogs(agent.metadata)
      call.on('data', (ack) => {
        resolve(ack.position)
        call.cancel()
      })
      call.on('error', reject)
      call.write(chunk)
    })
  const work = { ...line('b'), workId: 'run-12/slice-3', attempt: 2, fieldsJson: '{"x":1}' }
  assert.equal(await upload({ position: 0, lines: [line('a'), work] }), 2)
  assert.equal(await upload({ position: 1, lines: [work, line('c')] }), 3)
  assert.deepEqual(
    store.lines.map(({ message }) => message),
    ['a', 'b', 'c'],
  )
  assert.equal(store.lines[0]?.runId, null)
  assert.equal(store.lines[1]?.runId, 12)
  assert.deepEqual(store.lines[1].fields, { x: 1 })
  store.failLogsOnce = true
  await assert.rejects(upload({ position: 3, lines: [line('d')] }), /cannot store log lines/)
  assert.equal(await upload({ position: 3, lines: [line('d')] }), 4)
})

test('a bulk body is handed over before the result that names it, within its bound', async (t) => {
  const { link, events, dial } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  const ref = { workId: 'query-1', attempt: 1 }
  link.assign(AGENT_ID, { ...ref, query: {} })
  await agent.gets('assign')
  const deliver = (megabytes: number, of = ref): Promise<number> =>
    new Promise((resolve, reject) => {
      const call = agent.client.deliverBulk(agent.metadata, (error, ack) =>
        error === null ? resolve(ack?.bytes ?? 0) : reject(error),
      )
      call.on('error', () => {}) // writes after the refusal
      for (let no = 1; no <= megabytes; no += 1) {
        const data = Buffer.alloc(1024 * 1024)
        call.write({ ...of, bulkId: 'b', data, last: no === megabytes })
      }
    })
  assert.equal(await deliver(2), 2 * 1024 * 1024)
  await events.hears('bulk query-1#1 b 2097152')
  await assert.rejects(deliver(17), /larger than the 16777216 bytes/)
  await assert.rejects(deliver(1, { workId: 'query-1', attempt: 2 }), /is not this agent's/)
})

test('a connection that never shakes hands is ended some time after the close', async (t) => {
  const { link, clock, port, dial } = await startPlane(t)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  await dial().join() // whoever came before was taken, too
  await link.close()
  assert.equal(socket.closed, false)
  clock.advance(3_000)
  await ended
})

test('on close every agent is asked to come back after a random delay', async (t) => {
  const { link, dial, events } = await startPlane(t)
  const agent = dial()
  await agent.join()
  await events.hears('ready')
  await link.close()
  assert.equal((await agent.gets('goAway')).reconnectAfterMs, 1_500)
})
