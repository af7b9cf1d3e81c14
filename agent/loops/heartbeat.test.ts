import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { HeartbeatInput } from '../../proto/gen/sluice/agent/v1/Heartbeat.ts'
import type { HostFacts } from '../../proto/gen/sluice/agent/v1/HostFacts.ts'
import { startHeartbeat } from './heartbeat.ts'

const BEAT_MS = 5_000

function beating() {
  const clock = new ManualClock(1_000_000)
  const sent: HeartbeatInput[] = []
  const loop = startHeartbeat(
    {
      clock,
      facts: { dmiUuid: 'uuid', hostname: 'h', ips: [] as string[] } as HostFacts,
      load: () => ({
        cpuPercent: 1,
        memoryTotalBytes: 2,
        memoryUsedBytes: 1,
        load1: 0,
        diskTotalBytes: 2,
        diskFreeBytes: 1,
        networkReceivedBytes: 700,
        networkSentBytes: 300,
      }),
      use: () => ({ channels: 2, freeChannels: 2, inflight: 0 }),
      send: (heartbeat) => sent.push(heartbeat),
    },
    BEAT_MS,
  )
  return { clock, sent, loop }
}

test('a beat says how far the clock is off and how long the last one took', () => {
  const { clock, sent, loop } = beating()
  assert.deepEqual([sent[0]?.clockOffsetMs, sent[0]?.roundTripMs], [0, 0])
  clock.advance(40)
  // Half of the way there the control plane's clock showed three minutes less.
  loop.acknowledged(1, 1_000_020 - 180_000)
  clock.advance(BEAT_MS)
  assert.deepEqual([sent[1]?.clockOffsetMs, sent[1]?.roundTripMs], [180_000, 40])
  assert.equal(sent[1]?.networkReceivedBytes, 700)
  loop.stop()
})

test('an acknowledgement of an older beat tells nothing', () => {
  const { clock, sent, loop } = beating()
  clock.advance(BEAT_MS)
  loop.acknowledged(1, 5)
  clock.advance(BEAT_MS)
  assert.deepEqual([sent[2]?.clockOffsetMs, sent[2]?.roundTripMs], [0, 0])
  loop.stop()
})
