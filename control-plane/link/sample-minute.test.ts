import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Heartbeat } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import { SampleMinute } from './sample-minute.ts'

function beat(over: Partial<Heartbeat>): Heartbeat {
  return {
    uuid: '',
    hostname: 'h',
    ips: [],
    cpuPercent: 0,
    memoryTotalBytes: 100,
    memoryUsedBytes: 0,
    processRssBytes: 0,
    load1: 0,
    diskTotalBytes: 0,
    diskFreeBytes: 0,
    agentTimeMs: 0,
    channels: 4,
    freeChannels: 4,
    inflight: 0,
    beatNo: 1,
    networkReceivedBytes: 0,
    networkSentBytes: 0,
    clockOffsetMs: 0,
    roundTripMs: 0,
    ...over,
  }
}

test('a minute holds means, and the largest where it says so', () => {
  const minute = new SampleMinute(125_000)
  minute.add(beat({ cpuPercent: 10, memoryUsedBytes: 20, roundTripMs: 9, clockOffsetMs: -30 }))
  minute.add(beat({ cpuPercent: 40, memoryUsedBytes: 41, roundTripMs: 3, freeChannels: 1 }))
  const sample = minute.sample('a')
  assert.equal(sample.atMs, 120_000)
  assert.equal(sample.beats, 2)
  assert.deepEqual([sample.cpuPercent, sample.cpuPercentMax], [25, 40])
  assert.deepEqual([sample.memoryUsedBytes, sample.memoryTotalBytes], [31, 100])
  assert.deepEqual([sample.roundTripMsMax, sample.clockOffsetMs], [9, -15])
  assert.deepEqual([sample.channels, sample.busyChannelsMax], [4, 3])
})

test('a minute begins and ends with the minute', () => {
  const minute = new SampleMinute(125_000)
  assert.deepEqual(
    [119_999, 120_000, 179_999, 180_000].map((ms) => minute.covers(ms)),
    [false, true, true, false],
  )
})

test('an agent that says nonsense spoils no statement', () => {
  const minute = new SampleMinute(0)
  minute.add(beat({ cpuPercent: NaN, load1: Infinity, clockOffsetMs: 1e15, roundTripMs: 2 ** 32 }))
  const { cpuPercent, load1, clockOffsetMs, roundTripMsMax } = minute.sample('a')
  assert.deepEqual(
    [cpuPercent, load1, clockOffsetMs, roundTripMsMax],
    [0, 0, 2147483647, 2147483647],
  )
})
