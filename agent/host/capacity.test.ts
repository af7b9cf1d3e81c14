import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AUTO_CHANNELS_MAX, channelsFor, usableCapacity } from './capacity.ts'

const GIB = 1024 ** 3
const NO_LIMITS = { cpuCores: null, memoryBytes: null }

const channels = (
  cpuCores: number,
  memoryGib: number,
  limits: { cpuCores?: number; memoryBytes?: number } = {},
): number =>
  channelsFor(
    usableCapacity({ cpuCores, memoryBytes: memoryGib * GIB }, { ...NO_LIMITS, ...limits }),
  )

test('two channels a core, as far as the memory goes', () => {
  assert.equal(channels(2, 4), 4)
  assert.equal(channels(8, 16), 16)
  assert.equal(channels(16, 1.5), 12)
})

test('a container is as large as its limits, not as its host', () => {
  assert.equal(channels(64, 256, { cpuCores: 1.5 }), 3)
  assert.equal(channels(64, 256, { memoryBytes: 0.5 * GIB }), 4)
  const capacity = usableCapacity(
    { cpuCores: 4, memoryBytes: GIB },
    { cpuCores: 8, memoryBytes: 9e18 },
  )
  assert.deepEqual(capacity, { cpuCores: 4, memoryBytes: GIB, isMemoryLimited: false })
})

test('the smallest host gets one channel, the largest no more than there is a use for', () => {
  assert.equal(channels(0.1, 0.1), 1)
  assert.equal(channels(1, 0.5), 1)
  assert.equal(channels(256, 1024), AUTO_CHANNELS_MAX)
})
