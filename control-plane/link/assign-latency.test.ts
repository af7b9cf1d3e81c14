import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AssignLatency } from './assign-latency.ts'

test('a slice waits from the end of the one that made room for it', () => {
  const latency = new AssignLatency()
  latency.ended('run-1/slice-0', 1_000)
  latency.ended('run-1/slice-1', 1_010)
  latency.assigned('run-1/slice-2', 1_015)
  latency.assigned('run-1/slice-3', 1_015)
  latency.accepted('run-1/slice-2', 1_020)
  latency.accepted('run-1/slice-3', 1_020)
  assert.deepEqual(latency.figures(1_020), { accepted: 2, p50Ms: 20, p99Ms: 20 })
})

test('without an end before it, a slice waits from its Assign; runs do not make room for each other', () => {
  const latency = new AssignLatency()
  latency.ended('run-2/slice-0', 0)
  latency.assigned('run-1/slice-0', 1_000)
  latency.accepted('run-1/slice-0', 1_004)
  assert.deepEqual(latency.figures(1_004), { accepted: 1, p50Ms: 4, p99Ms: 4 })
})

test('steps do not count, nor what is longer ago than ten seconds', () => {
  const latency = new AssignLatency()
  latency.assigned('run-1/plan', 0)
  latency.accepted('run-1/plan', 5)
  assert.equal(latency.figures(5).accepted, 0)
  latency.assigned('run-1/slice-1', 0)
  latency.accepted('run-1/slice-1', 5)
  assert.equal(latency.figures(10_005).accepted, 1)
  assert.deepEqual(latency.figures(10_006), { accepted: 0, p50Ms: null, p99Ms: null })
})

test('the slowest hundredth is told apart', () => {
  const latency = new AssignLatency()
  for (let slice = 0; slice < 200; slice += 1) {
    latency.assigned(`run-1/slice-${slice}`, 0)
    latency.accepted(`run-1/slice-${slice}`, slice)
  }
  assert.deepEqual(latency.figures(200), { accepted: 200, p50Ms: 100, p99Ms: 198 })
})
