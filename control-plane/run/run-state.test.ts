import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  COMMIT_DECIDED_WITHIN_MS,
  isOver,
  nextRun,
  SESSIONS_OPENED_MAX,
  type RunEvent,
  type RunState,
} from './run-state.ts'
import type { WorkFailure } from './work-failure.ts'

const WAITING: RunState = { name: 'waiting', stepAttempts: 0, sessionsOpened: 0 }

function failure(retry: WorkFailure['retry']): WorkFailure {
  return {
    code: 'MAXCOMPUTE_ERROR',
    message: 'the service said no',
    where: {},
    cause: '',
    retry,
    workId: '',
    attempt: 0,
    agentId: null,
    atMs: 0,
  }
}

function step(state: RunState): RunState {
  return nextRun(state, { type: 'stepAssigned', agentId: 'a' }, 0)!
}

function path(...events: (RunEvent | 'assign')[]): RunState {
  let state: RunState = WAITING
  for (const event of events) {
    const next = event === 'assign' ? step(state) : nextRun(state, event, 0)
    assert.ok(next, `${event === 'assign' ? event : event.type} in ${state.name}`)
    state = next
  }
  return state
}

const STAGING: (RunEvent | 'assign')[] = [
  { type: 'started' },
  'assign',
  { type: 'planned', attempt: 1 },
  'assign',
  { type: 'opened', attempt: 2, uploadId: 'u1' },
]
const COMMITTING: (RunEvent | 'assign')[] = [
  ...STAGING,
  { type: 'allStaged' },
  'assign',
  { type: 'verified', attempt: 3 },
]

test('the straight way leads from waiting to succeeded', () => {
  const state = path(...COMMITTING, 'assign', { type: 'committed', attempt: 4, publish: true })
  assert.equal(state.name, 'succeeded')
  assert.ok(isOver(state))
  const published = nextRun(step(state), { type: 'published', attempt: 5 }, 0)
  assert.deepEqual(published, {
    name: 'succeeded',
    step: null,
    stepAttempts: 5,
    sessionsOpened: 1,
  })
})

test('a committing run can be neither killed nor failed', () => {
  const state = path(...COMMITTING)
  assert.equal(nextRun(state, { type: 'kill' }, 0), null)
  assert.equal(nextRun(state, { type: 'failed', failure: failure('FATAL') }, 0), null)
  assert.equal(
    nextRun(state, { type: 'sessionLost', failure: failure('RESTART_SESSION') }, 0),
    null,
  )
})

test('a commit whose try failed is tried again, however often, until the session has died', () => {
  let state = path(...COMMITTING)
  for (let i = 0; i < 100; i++) {
    state = step(state)
    const event = { attempt: state.stepAttempts, failure: failure('BACKOFF'), random: 0 }
    state = nextRun(state, { type: 'stepFailed', ...event }, 0)!
    assert.equal(state.name, 'committing')
  }
  state = step(state)
  const event = { attempt: state.stepAttempts, failure: failure('BACKOFF'), random: 0 }
  state = nextRun(state, { type: 'stepFailed', ...event }, COMMIT_DECIDED_WITHIN_MS + 1)!
  assert.equal(state.name, 'held')
})

test('an unknown outcome is held, and only a person ends it', () => {
  const held = nextRun(
    step(path(...COMMITTING)),
    { type: 'outcomeUnknown', attempt: 4, evidence: { sessionStatus: 'expired' } },
    0,
  )!
  assert.equal(held.name, 'held')
  assert.equal(nextRun(held, { type: 'kill' }, 0), null)
  const yes = nextRun(held, { type: 'committed', attempt: null, publish: false }, 0)
  assert.equal(yes?.name, 'succeeded')
  assert.equal(nextRun(held, { type: 'failed', failure: failure('FATAL') }, 0)?.name, 'failed')
})

test('a lost session opens a new one, a bounded number of times', () => {
  let state = path(...STAGING)
  for (let opened = 1; opened < SESSIONS_OPENED_MAX; opened++) {
    state = nextRun(state, { type: 'sessionLost', failure: failure('RESTART_SESSION') }, 0)!
    state = step(state)
    const event = { attempt: state.stepAttempts, uploadId: `u${opened + 1}` }
    state = nextRun(state, { type: 'opened', ...event }, 0)!
  }
  state = nextRun(state, { type: 'sessionLost', failure: failure('RESTART_SESSION') }, 0)!
  assert.equal(state.name, 'failed')
})

test('a step report with another attempt number changes nothing', () => {
  const planning = path({ type: 'started' }, 'assign')
  const again = nextRun(planning, { type: 'stepLost', attempt: 1, retryAtMs: 0 }, 0)!
  const second = step(again)
  assert.equal(nextRun(second, { type: 'planned', attempt: 1 }, 0), null)
  assert.equal(nextRun(second, { type: 'planned', attempt: 2 }, 0)?.name, 'running')
})

test('whatever comes, committing leads only to succeeded or held, and attempts only grow', () => {
  const attempt = fc.integer({ min: 0, max: 12 })
  const anyFailure = fc
    .constantFrom('FATAL' as const, 'BACKOFF' as const, 'RESTART_SESSION' as const)
    .map(failure)
  const anyEvent: fc.Arbitrary<RunEvent> = fc.oneof(
    fc.constant<RunEvent>({ type: 'started' }),
    fc.constant<RunEvent>({ type: 'stepAssigned', agentId: 'a' }),
    attempt.map((n): RunEvent => ({ type: 'stepAccepted', attempt: n })),
    attempt.map((n): RunEvent => ({ type: 'stepLost', attempt: n, retryAtMs: 0 })),
    fc.tuple(attempt, anyFailure).map(([n, error]): RunEvent => {
      return { type: 'stepFailed', attempt: n, failure: error, random: 0 }
    }),
    attempt.map((n): RunEvent => ({ type: 'planned', attempt: n })),
    attempt.map((n): RunEvent => ({ type: 'opened', attempt: n, uploadId: 'u' })),
    fc.constant<RunEvent>({ type: 'allStaged' }),
    attempt.map((n): RunEvent => ({ type: 'blocksMissing', attempt: n })),
    attempt.map((n): RunEvent => ({ type: 'verified', attempt: n })),
    anyFailure.map((error): RunEvent => ({ type: 'sessionLost', failure: error })),
    attempt.map((n): RunEvent => ({ type: 'committed', attempt: n, publish: false })),
    attempt.map((n): RunEvent => ({ type: 'outcomeUnknown', attempt: n, evidence: {} })),
    anyFailure.map((error): RunEvent => ({ type: 'failed', failure: error })),
    fc.constant<RunEvent>({ type: 'kill' }),
  )
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 80 }), (events) => {
      let state: RunState = WAITING
      for (const event of events) {
        const next = nextRun(state, event, 0)
        if (next === null) continue
        assert.ok(next.stepAttempts >= state.stepAttempts)
        if (state.name === 'committing') {
          assert.ok(['committing', 'succeeded', 'held'].includes(next.name))
        }
        if (next.name === 'committing' && state.name !== 'committing') {
          assert.ok(state.name === 'running' && state.phase === 'verifying')
        }
        if (isOver(state)) assert.equal(next.name, state.name)
        state = next
      }
    }),
  )
})
