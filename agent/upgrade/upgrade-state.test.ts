import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { UpgradeOrder } from './upgrade-order.ts'
import { stepUpgrade } from './upgrade-state.ts'
import type { UpgradeEffect, UpgradeEvent, UpgradeProgress } from './upgrade-state.ts'

function order(upgradeId: number): UpgradeOrder {
  const rest = { version: '1.1.0', sha256: '', bytes: 1, drainMs: 1, healthMs: 1 }
  return { upgradeId, ...rest }
}

function through(
  state: UpgradeProgress,
  ...events: readonly UpgradeEvent[]
): { state: UpgradeProgress; effects: string[] } {
  const effects: string[] = []
  for (const event of events) {
    const step = stepUpgrade(state, event)
    state = step.state
    effects.push(...step.effects.map(nameOf))
  }
  return { state, effects }
}

function nameOf(effect: UpgradeEffect): string {
  if (effect.kind === 'report') return `${effect.phase} ${effect.upgradeId}`
  return effect.kind === 'abandonFetch' ? effect.kind : `${effect.kind} ${effect.order.upgradeId}`
}

const IDLE: UpgradeProgress = { kind: 'idle' }
const ordered = (id: number): UpgradeEvent => ({ kind: 'ordered', order: order(id) })

test('an order is fetched, laid down, drained for and restarted into, each phase reported', () => {
  const { state, effects } = through(IDLE, ordered(1), { kind: 'laidDown' }, { kind: 'drained' })
  assert.equal(state.kind, 'restarting')
  const expected = ['FETCHING 1', 'fetch 1', 'DRAINING 1', 'drain 1', 'RESTARTING 1', 'restart 1']
  assert.deepEqual(effects, expected)
})

test('the process on trial reports the judgement when it comes', () => {
  const trial: UpgradeProgress = { kind: 'trial', upgradeId: 1 }
  const { effects } = through(
    trial,
    { kind: 'connected' },
    { kind: 'judged', phase: 'DONE', why: '' },
    { kind: 'connected' },
  )
  assert.deepEqual(effects, ['RESTARTING 1', 'DONE 1', 'DONE 1'])
})

test('an order that is repeated is answered with where it stands, and begins nothing', () => {
  const fetching = through(IDLE, ordered(1)).state
  assert.deepEqual(through(fetching, ordered(1), { kind: 'connected' }).effects, [
    'FETCHING 1',
    'FETCHING 1',
  ])
  const refused = through(IDLE, { kind: 'refused', upgradeId: 1, problem: 'no' }).state
  assert.deepEqual(through(refused, ordered(1)).effects, ['REFUSED 1'])
  const done: UpgradeProgress = { kind: 'answered', upgradeId: 1, phase: 'DONE', message: '' }
  // What runs now is what was ordered: a refusal for that reason is none.
  assert.deepEqual(through(done, { kind: 'refused', upgradeId: 1, problem: 'runs it' }).effects, [
    'DONE 1',
  ])
})

test('a newer order takes the place of one that is being fetched, and of none that drains', () => {
  const fetching = through(IDLE, ordered(1)).state
  assert.deepEqual(through(fetching, ordered(2)).effects, ['abandonFetch', 'FETCHING 2', 'fetch 2'])
  const draining = through(fetching, { kind: 'laidDown' }).state
  const late = through(draining, ordered(2))
  assert.deepEqual([late.state, late.effects], [draining, ['REFUSED 2']])
})

test('a failure on the way is a refusal, and what comes late changes nothing', () => {
  const failed = through(IDLE, ordered(1), { kind: 'failed', problem: 'disk full' })
  assert.deepEqual(failed.state, {
    kind: 'answered',
    upgradeId: 1,
    phase: 'REFUSED',
    message: 'disk full',
  })
  assert.deepEqual(through(failed.state, { kind: 'laidDown' }, { kind: 'drained' }).effects, [])
  assert.deepEqual(through(IDLE, { kind: 'connected' }).effects, [])
})
