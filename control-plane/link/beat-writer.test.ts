import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { Heartbeat } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import type { AgentSample } from '../store/agent-samples/agent-sample.ts'
import type { AgentHeartbeat } from '../store/agents/record-heartbeats.ts'
import type { AgentRecord } from './agent-record.ts'
import { BeatWriter } from './beat-writer.ts'

const HEARTBEAT = { cpuPercent: 5, channels: 2, freeChannels: 1 } as Heartbeat

function underTest() {
  const clock = new ManualClock(120_000)
  const beats: (readonly AgentHeartbeat[])[] = []
  const samples: (readonly AgentSample[])[] = []
  const store = {
    away: false,
    saveBeats: async (batch: readonly AgentHeartbeat[]) => {
      if (store.away) throw new Error('the store is away')
      beats.push(batch)
    },
    saveSamples: async (batch: readonly AgentSample[]) => {
      if (store.away) throw new Error('the store is away')
      samples.push(batch)
    },
  }
  const log = pino({ level: 'silent' })
  const writer = new BeatWriter({ store, clock, leaseMs: 20_000, log })
  writer.start()
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000)
      await new Promise(setImmediate)
    }
  }
  return { clock, store, writer, beats, samples, pass }
}

function record(agentId: string): AgentRecord {
  const session = { epoch: 3 }
  return {
    agentId,
    session,
    revoked: false,
    storedState: 'online',
    lastBeat: null,
  } as unknown as AgentRecord
}

test('beats of many agents are few statements, some time after they were heard', async () => {
  const { writer, beats, pass } = underTest()
  const agents = Array.from({ length: 450 }, (_, no) => record(`agent-${no}`))
  for (const agent of agents) for (let no = 0; no < 2; no += 1) writer.heard(agent, HEARTBEAT)
  await pass(59)
  assert.equal(beats.length, 0)
  await pass(2)
  assert.deepEqual(
    beats.map((batch) => batch.length),
    [200, 200, 50],
  )
  assert.equal(beats[0]?.[0]?.leaseUntilMs, 120_000 + 20_000)
  assert.equal(agents[0]?.lastBeat?.atMs, 120_000)
})

test('a minute that is over is one sample an agent, also of one that has fallen silent', async () => {
  const { writer, samples, pass } = underTest()
  const agent = record('a')
  for (let no = 0; no < 3; no += 1) {
    writer.heard(agent, HEARTBEAT)
    await pass(5)
  }
  await pass(44)
  assert.equal(samples.length, 0)
  await pass(3)
  assert.deepEqual(
    samples.flat().map(({ agentId, atMs, beats }) => [agentId, atMs, beats]),
    [['a', 120_000, 3]],
  )
})

test('samples that no store takes are written when it is back; a stop writes what has begun', async () => {
  const { writer, store, samples, pass } = underTest()
  writer.heard(record('a'), HEARTBEAT)
  store.away = true
  await pass(70)
  assert.equal(samples.length, 0)
  store.away = false
  await pass(2)
  assert.equal(samples.flat().length, 1)
  writer.heard(record('b'), HEARTBEAT)
  await writer.stop()
  assert.deepEqual(
    samples.flat().map(({ agentId }) => agentId),
    ['a', 'b'],
  )
})

test('the last beat of an agent that has left is stored too', async () => {
  const { writer, beats } = underTest()
  const agent = record('a')
  writer.heard(agent, HEARTBEAT)
  agent.session = null
  await writer.stop()
  assert.deepEqual(
    beats.flat().map(({ agentId, sessionEpoch }) => [agentId, sessionEpoch]),
    [['a', 3]],
  )
})
