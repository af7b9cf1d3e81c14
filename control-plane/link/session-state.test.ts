import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { SESSION_START, stepSession } from './session-state.ts'
import type { AgentFrameKind, SessionEvent, SessionState, SessionStep } from './session-state.ts'

const KINDS: readonly AgentFrameKind[] = [
  'hello',
  'reconciled',
  'heartbeat',
  'accept',
  'reject',
  'progress',
  'result',
  'bye',
]

function frame(kind: AgentFrameKind, seq: number, epoch = 7): SessionEvent {
  return { kind: 'frame', frame: kind, epoch, seq, bytes: 10 }
}

function run(events: readonly SessionEvent[], from: SessionState = SESSION_START): SessionStep {
  let step: SessionStep = { state: from, effects: [] }
  for (const event of events) step = stepSession(step.state, event)
  return step
}

const HELLO = frame('hello', 1, 0)
const WELCOMED: SessionEvent = { kind: 'welcomed', epoch: 7 }
const ACTIVE = [HELLO, WELCOMED, frame('reconciled', 2)]

test('a session becomes active by hello, welcome and reconciled', () => {
  const step = run(ACTIVE)
  assert.equal(step.state.phase, 'active')
  assert.deepEqual(
    step.effects.map((effect) => effect.kind),
    ['deliver', 'ready'],
  )
})

test('before active only heartbeat, result and reconciled are heard', () => {
  for (const kind of KINDS) {
    const { state } = run([HELLO, WELCOMED, frame(kind, 2)])
    const heard = ['heartbeat', 'result', 'reconciled'].includes(kind)
    assert.equal(state.phase === 'fenced', !heard, kind)
  }
})

test('a drain that is wanted before the session is reconciled comes right after', () => {
  const step = run([HELLO, WELCOMED, { kind: 'drain' }, frame('reconciled', 2)])
  assert.equal(step.state.phase, 'draining')
  assert.deepEqual(
    step.effects.map((effect) => effect.kind),
    ['deliver', 'sendDrain'],
  )
})

test('a drain of a session that drains is said again: its deadline may be another', () => {
  const step = run([...ACTIVE, { kind: 'drain' }, { kind: 'drain' }])
  assert.equal(step.state.phase, 'draining')
  assert.deepEqual(step.effects, [{ kind: 'sendDrain' }])
})

test('only a stream that ends after bye says that the process is gone', () => {
  const ended: SessionEvent = { kind: 'ended' }
  assert.deepEqual(run([...ACTIVE, ended]).effects, [{ kind: 'left', saidBye: false }])
  assert.deepEqual(run([...ACTIVE, frame('bye', 3), ended]).effects, [
    { kind: 'left', saidBye: true },
  ])
  assert.deepEqual(run([...ACTIVE, frame('bye', 3), { kind: 'cutOff' }]).effects, [
    { kind: 'left', saidBye: false },
  ])
})

test('timeouts fence a session that waits for hello or reconciled, and no other', () => {
  const timeout: SessionEvent = { kind: 'timeout' }
  assert.equal(run([timeout]).state.phase, 'fenced')
  assert.equal(run([HELLO, timeout]).state.phase, 'admitting')
  assert.equal(run([HELLO, WELCOMED, timeout]).state.phase, 'fenced')
  assert.equal(run([...ACTIVE, timeout]).state.phase, 'active')
})

test('whatever comes: terminal states have no effects, seq never repeats, ready comes at most once', () => {
  const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
    fc.record({
      kind: fc.constant('frame' as const),
      frame: fc.constantFrom(...KINDS, undefined),
      epoch: fc.constantFrom(0, 7, 8),
      seq: fc.integer({ min: 1, max: 6 }),
      bytes: fc.constantFrom(10, 5_000_000),
    }),
    fc.constantFrom<SessionEvent>(
      WELCOMED,
      { kind: 'drain' },
      { kind: 'timeout' },
      { kind: 'ended' },
      { kind: 'cutOff' },
      { kind: 'fence', reason: 'REVOKED', message: '' },
    ),
  )
  const anyStart = fc.constantFrom<readonly SessionEvent[]>([], [HELLO, WELCOMED], ACTIVE)
  fc.assert(
    fc.property(anyStart, fc.array(anyEvent, { maxLength: 20 }), (start, events) => {
      let state = run(start).state
      let readies = state.phase === 'active' ? 1 : 0
      for (const event of events) {
        const step = stepSession(state, event)
        if (state.phase === 'closed' || state.phase === 'fenced') {
          assert.deepEqual(step, { state, effects: [] })
        }
        if ('lastSeq' in state && 'lastSeq' in step.state && event.kind === 'frame') {
          assert.equal(step.state.lastSeq, state.lastSeq + 1)
        }
        readies += step.effects.filter((effect) => effect.kind === 'ready').length
        state = step.state
      }
      assert.ok(readies <= 1)
    }),
  )
})
