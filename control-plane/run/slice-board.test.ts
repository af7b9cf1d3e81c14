import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { SliceBoard } from './slice-board.ts'
import { NEW_SLICE, type SliceState } from './slice-state.ts'

const COUNTERS = { attempt: 1, retries: 0, lostInARow: 0 }
const FAILURE = {
  code: 'X',
  message: '',
  where: {},
  cause: '',
  retry: 'BACKOFF',
  workId: '',
  attempt: 1,
  agentId: 'a1',
  atMs: 0,
} as const
const STATES: readonly SliceState[] = [
  NEW_SLICE,
  { name: 'pending', ...COUNTERS, retryAtMs: 1_000, error: FAILURE },
  { name: 'pending', ...COUNTERS, retryAtMs: 9_000, error: null },
  { name: 'assigned', ...COUNTERS, agentId: 'a1' },
  { name: 'running', ...COUNTERS, agentId: 'a2' },
  {
    name: 'staged',
    ...COUNTERS,
    agentId: 'a1',
    rows: 3,
    bytesRead: 5,
    bytesSent: 7,
    dirtyRecords: 2,
  },
  { name: 'failed', ...COUNTERS, error: FAILURE },
]

test('B1: after any changes the indexes say what a scan says', () => {
  const change = fc.record({
    sliceNo: fc.nat(9),
    state: fc.nat(STATES.length - 1),
    passMs: fc.constantFrom(0, 100, 600),
    restarts: fc.integer({ min: 0, max: 20 }),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const board = new SliceBoard()
      const held = new Set<number>()
      board.listen((sliceNo, before, after) => {
        if (before !== null) assert(held.delete(sliceNo))
        if (after !== null) held.add(sliceNo)
      })
      let nowMs = 0
      let model: SliceState[] = Array.from({ length: 10 }, () => NEW_SLICE)
      board.replaceAll(model.map((state) => ({ ranges: [], state })))
      for (const { sliceNo, state, passMs, restarts } of changes) {
        nowMs += passMs
        model[sliceNo] = STATES[state]!
        board.set(sliceNo, STATES[state]!)
        if (restarts === 0) {
          model = model.map(() => NEW_SLICE)
          board.replaceAll(model.map((each) => ({ ranges: [], state: each })))
        }
        const due = model.flatMap((each, no) =>
          each.name === 'pending' && each.retryAtMs <= nowMs ? [no] : [],
        )
        assert.deepEqual(
          board.due(4, nowMs).map((each) => each.sliceNo),
          due.slice(0, 4),
        )
        assert.equal(board.due(100, nowMs).length, due.length)
        const staged = model.filter((each) => each.name === 'staged')
        assert.deepEqual(board.staged, {
          slices: staged.length,
          rows: 3 * staged.length,
          bytesRead: 5 * staged.length,
          dirtyRecords: 2 * staged.length,
        })
        const holders = model.flatMap((each, no) =>
          each.name === 'assigned' || each.name === 'running' ? [no] : [],
        )
        assert.deepEqual(new Set(board.held), new Set(holders))
        assert.deepEqual(held, new Set(holders))
        assert.equal(
          board.failed !== null,
          model.some((each) => each.name === 'failed'),
        )
      }
    }),
  )
})

test('a slice whose last attempt failed names the agent to avoid', () => {
  const board = new SliceBoard()
  board.replaceAll([{ ranges: [], state: STATES[1]! }])
  assert.deepEqual(board.due(1, 999), [])
  assert.deepEqual(board.waiting, { slices: 1, untilMs: 1_000 })
  assert.deepEqual(board.due(1, 1_000), [{ sliceNo: 0, avoidAgentId: 'a1' }])
  assert.equal(board.waiting, null)
})

test('a clock that is set back does not make a slice wait longer than the longest back-off', () => {
  const board = new SliceBoard()
  const retryAtMs = 3_600_000
  board.replaceAll([
    { ranges: [], state: { name: 'pending', ...COUNTERS, retryAtMs, error: null } },
  ])
  assert.equal(board.due(1, retryAtMs - 1).length, 0)
  assert.equal(board.due(1, 1_000).length, 1)
})
