import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { UpgradeState } from '../../proto/gen/sluice/agent/v1/UpgradeState.ts'
import type { Turn } from './campaign.ts'
import { turnAfter } from './report.ts'

const TURN: Turn = {
  agentId: 'a',
  agent: 'a',
  orderId: 7,
  turn: 0,
  state: 'underway',
  phase: 'FETCHING',
  fromVersion: '1.0.0',
  message: '',
  changedAtMs: 1,
}

function after(turn: Turn, phase: UpgradeState['phase'], over: Partial<UpgradeState> = {}) {
  const report = { upgradeId: 7, phase, message: 'why', version: '1.1.0', ...over }
  return turnAfter(turn, report, '1.1.0', 9)
}

test('an agent that is under way goes through its phases and ends in one of three ways', () => {
  assert.deepEqual(after(TURN, 'DRAINING'), {
    ...TURN,
    phase: 'DRAINING',
    message: 'why',
    changedAtMs: 9,
  })
  assert.deepEqual(after(TURN, 'DONE'), { ...TURN, state: 'done', changedAtMs: 9 })
  for (const [phase, state] of [
    ['ROLLED_BACK', 'rolledBack'],
    ['REFUSED', 'refused'],
  ] as const) {
    assert.deepEqual(after(TURN, phase), { ...TURN, state, message: 'why', changedAtMs: 9 })
  }
})

test('repeats, answers to another order and to a turn that is over change nothing', () => {
  assert.equal(after(TURN, 'FETCHING'), null)
  assert.equal(after(TURN, 'DONE', { upgradeId: 6 }), null)
  for (const state of ['pending', 'done', 'rolledBack', 'refused', 'skipped'] as const) {
    assert.equal(after({ ...TURN, state }, 'DONE'), null)
  }
})

test('an agent that was given up may still end well', () => {
  const lost = { ...TURN, state: 'lost' } as const
  assert.equal(after(lost, 'DONE')?.state, 'done')
  assert.equal(after(lost, 'DRAINING'), null)
})

test('done by another version than was ordered is a roll-back', () => {
  const turn = after(TURN, 'DONE', { version: '1.0.0' })
  assert.deepEqual([turn?.state, turn?.message], ['rolledBack', 'it says done, but runs 1.0.0'])
})
