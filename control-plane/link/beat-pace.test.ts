import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BeatPace } from './beat-pace.ts'

const USUAL = { beatMs: 5_000, leaseMs: 20_000 }
const STRETCHED = { beatMs: 15_000, leaseMs: 60_000 }

function looks(pace: BeatPace, count: number, agents: number, busy: number): object {
  for (let look = 0; look < count; look += 1) pace.look(agents, busy)
  return pace.now
}

test('a large fleet beats less often while the control plane is full, and as usual when it has time again', () => {
  const pace = new BeatPace(USUAL)
  assert.deepEqual(pace.now, USUAL)
  assert.deepEqual(looks(pace, 2, 10_000, 1), USUAL, 'two busy seconds')
  assert.deepEqual(looks(pace, 20, 10_000, 1), STRETCHED)
  assert.deepEqual(looks(pace, 20, 10_000, 0.6), STRETCHED, 'usual beats would fill it again')
  assert.deepEqual(looks(pace, 20, 10_000, 0.3), USUAL)
  assert.deepEqual(looks(pace, 20, 10_000, 0.6), USUAL, 'with them it may be this busy')
})

test('agents of a large fleet may have been told to beat less often before a restart', () => {
  const pace = new BeatPace(USUAL)
  assert.deepEqual(pace.toldBefore(999), USUAL)
  assert.deepEqual(pace.toldBefore(1_000), STRETCHED)
})

test('a small fleet beats as usual, however busy the control plane is', () => {
  const pace = new BeatPace(USUAL)
  assert.deepEqual(looks(pace, 50, 999, 1), USUAL)
  assert.deepEqual(looks(pace, 1, 1_000, 1), STRETCHED)
  assert.deepEqual(looks(pace, 1, 999, 1), STRETCHED, 'one is gone')
  assert.deepEqual(looks(pace, 1, 799, 1), USUAL, 'a fifth has left')
})
