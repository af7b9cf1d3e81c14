import assert from 'node:assert/strict'
import { test } from 'node:test'

import { AdmissionGate } from './admission-gate.ts'

test('no more are inside than may be; the others come in as they came', async () => {
  const gate = new AdmissionGate(() => 0, 2, 10)
  const came: number[] = []
  const enter = async (no: number): Promise<void> => {
    assert.equal(await gate.enter(), true)
    came.push(no)
  }
  const all = Promise.all([1, 2, 3, 4].map(enter))
  await new Promise(setImmediate)
  assert.deepEqual(came, [1, 2])
  gate.leave()
  await new Promise(setImmediate)
  assert.deepEqual(came, [1, 2, 3])
  gate.leave()
  await all
  assert.deepEqual([came, gate.waiting, gate.arrivals], [[1, 2, 3, 4], 0, 4])
  for (let left = 0; left < 2; left += 1) gate.leave()
  assert.equal(await gate.enter(), true)
})

test('more than may wait are sent away, each for longer than the one before', async () => {
  const gate = new AdmissionGate(() => 0.5, 1, 1)
  assert.equal(await gate.enter(), true)
  const waits = gate.enter()
  assert.equal(await gate.enter(), false)
  const times = [gate.comeBackMs(), gate.comeBackMs(), gate.comeBackMs()]
  assert.deepEqual(times, [4, 6, 8])
  gate.leave()
  assert.equal(await waits, true)
})
