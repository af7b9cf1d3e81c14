import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LOST_IN_A_ROW_MAX, RETRY_LIMITS } from './retry.ts'
import { NEW_SLICE, nextSlice, type SliceEvent, type SliceState } from './slice-state.ts'
import type { WorkFailure } from './work-failure.ts'

const FIGURES = { rows: 5, bytesRead: 50, bytesSent: 60, dirtyRecords: 0 }

function failure(retry: WorkFailure['retry'] = 'BACKOFF'): WorkFailure {
  return {
    code: 'KAFKA_UNREACHABLE',
    message: 'no broker answered',
    where: {},
    cause: '',
    retry,
    workId: 'run-1/slice-0',
    attempt: 1,
    agentId: 'a',
    atMs: 0,
  }
}

function after(...events: SliceEvent[]): SliceState {
  let state = NEW_SLICE
  for (const event of events) {
    const next = nextSlice(state, event, 1_000)
    assert.ok(next, `${event.type} in ${state.name}`)
    state = next
  }
  return state
}

test('each assignment takes the next attempt number', () => {
  const again = { type: 'rejected', attempt: 1, retryAtMs: 0 } as const
  const state = after({ type: 'assign', agentId: 'a' }, again, { type: 'assign', agentId: 'b' })
  assert.equal(state.attempt, 2)
})

test('a report of an older attempt changes nothing', () => {
  const lost = { type: 'lost', attempt: 1, failure: failure() } as const
  const state = after({ type: 'assign', agentId: 'a' }, lost, { type: 'assign', agentId: 'b' })
  assert.equal(nextSlice(state, { type: 'staged', attempt: 1, figures: FIGURES }, 0), null)
  assert.equal(nextSlice(state, { type: 'accepted', attempt: 1 }, 0), null)
  assert.equal(nextSlice(state, lost, 0), null)
})

test('a lost attempt uses up no retry and may be adopted while nobody has replaced it', () => {
  const lost = { type: 'lost', attempt: 1, failure: failure() } as const
  const state = after({ type: 'assign', agentId: 'a' }, { type: 'accepted', attempt: 1 }, lost)
  assert.equal(state.retries, 0)
  const adopted = nextSlice(state, { type: 'adopt', attempt: 1, agentId: 'a' }, 0)
  assert.equal(adopted?.name, 'running')
  const replaced = after({ type: 'assign', agentId: 'a' }, lost, { type: 'assign', agentId: 'b' })
  assert.equal(nextSlice(replaced, { type: 'adopt', attempt: 1, agentId: 'a' }, 0), null)
})

test('an attempt that failed is never adopted: its result was counted already', () => {
  const failed = { type: 'attemptFailed', attempt: 1, failure: failure(), random: 0 } as const
  const state = after({ type: 'assign', agentId: 'a' }, failed)
  assert.equal(nextSlice(state, { type: 'adopt', attempt: 1, agentId: 'a' }, 0), null)
})

test('failures back off and fail the slice when the retries are used up', () => {
  let state: SliceState = NEW_SLICE
  for (let retry = 0; retry <= RETRY_LIMITS.retriesMax; retry++) {
    state = nextSlice(state, { type: 'assign', agentId: 'a' }, 0)!
    const { attempt } = state
    state = nextSlice(state, { type: 'attemptFailed', attempt, failure: failure(), random: 0 }, 0)!
    if (retry === 0) assert.ok(state.name === 'pending' && state.retryAtMs > 0)
  }
  assert.equal(state.name, 'failed')
})

test('a fatal failure is not tried again', () => {
  const fatal = failure('FATAL')
  const state = after(
    { type: 'assign', agentId: 'a' },
    { type: 'attemptFailed', attempt: 1, failure: fatal, random: 0 },
  )
  assert.equal(state.name, 'failed')
})

test('a slice that takes one agent after the other down fails instead', () => {
  let state: SliceState = NEW_SLICE
  for (let lost = 0; lost <= LOST_IN_A_ROW_MAX; lost++) {
    state = nextSlice(state, { type: 'assign', agentId: `a${lost}` }, 0)!
    state = nextSlice(state, { type: 'lost', attempt: state.attempt, failure: failure() }, 0)!
  }
  assert.equal(state.name, 'failed')
})

test('a staged slice is pending again when its session is lost, with its attempt kept', () => {
  const state = after(
    { type: 'assign', agentId: 'a' },
    { type: 'staged', attempt: 1, figures: FIGURES },
    { type: 'reset' },
  )
  assert.deepEqual([state.name, state.attempt], ['pending', 1])
  assert.equal(nextSlice(state, { type: 'staged', attempt: 1, figures: FIGURES }, 0), null)
})

test('a slice whose block the service keeps losing fails instead of being read for ever', () => {
  let state: SliceState = NEW_SLICE
  for (let lost = 0; lost <= RETRY_LIMITS.retriesMax; lost++) {
    state = nextSlice(state, { type: 'assign', agentId: 'a' }, 0)!
    state = nextSlice(state, { type: 'staged', attempt: state.attempt, figures: FIGURES }, 0)!
    state = nextSlice(state, { type: 'blockMissing', failure: failure() }, 0)!
  }
  assert.equal(state.name, 'failed')
})
