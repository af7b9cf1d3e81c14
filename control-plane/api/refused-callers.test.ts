import assert from 'node:assert/strict'
import { test } from 'node:test'

import { REFUSALS_TOLD_PER_MINUTE, RefusedCallers } from './refused-callers.ts'

test('a peer that tries on and on is told of a few times a minute, then counted', () => {
  const callers = new RefusedCallers()
  const told = Array.from({ length: 100 }, () => callers.refused('10.0.0.1', 0)).filter(Boolean)
  assert.equal(told.length, REFUSALS_TOLD_PER_MINUTE)
  assert.equal(callers.refused('10.0.0.2', 30_000), true)
  assert.deepEqual(callers.takeOver(59_999), [])
  const count = 100 - REFUSALS_TOLD_PER_MINUTE
  assert.deepEqual(callers.takeOver(60_000), [{ peer: '10.0.0.1', count }])
  assert.deepEqual(callers.takeOver(60_000), [])
  assert.equal(callers.refused('10.0.0.1', 60_000), true)
})

test('ever new peers do not fill the memory', () => {
  const callers = new RefusedCallers()
  for (let peer = 0; peer < 5_000; peer++) {
    for (let time = 0; time < 6; time++) callers.refused(`peer-${peer}`, 0)
    callers.takeOver(0)
  }
  const rest = callers.takeOver(60_000)
  assert.deepEqual([rest.length, rest[0]], [1_000, { peer: 'peer-4000', count: 1 }])
})
