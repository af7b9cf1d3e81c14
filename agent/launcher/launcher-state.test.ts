import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  INITIAL_LAUNCHER_STATE,
  type LauncherEffect,
  type LauncherEvent,
  type LauncherState,
  stepLauncher,
} from './launcher-state.ts'
import type { UpgradeFile } from './upgrade-file.ts'

const upgrade: UpgradeFile = {
  upgradeId: 7,
  from: '1.0.0',
  to: '1.1.0',
  healthMs: 5_000,
  phase: 'trial',
}

class Driven {
  state: LauncherState = INITIAL_LAUNCHER_STATE
  effects: readonly LauncherEffect[] = []

  constructor(...events: readonly LauncherEvent[]) {
    for (const event of events) this.on(event)
  }

  on(event: LauncherEvent): this {
    const step = stepLauncher(this.state, event)
    this.state = step.state
    this.effects = step.effects.filter(({ kind }) => kind !== 'say')
    return this
  }
}

const start: LauncherEvent = { kind: 'start', upgrade: null }

function exited(code: number, more: Partial<Extract<LauncherEvent, { kind: 'exited' }>> = {}) {
  return { kind: 'exited', code, signal: null, ranMs: 10, upgrade: null, ...more } as const
}

function looked(connectedVersion: string | null, planeAnswers: boolean): LauncherEvent {
  return { kind: 'looked', sinceMs: 1_000, connectedVersion, planeAnswers }
}

const onTrial = (): Driven => new Driven(start, exited(75, { upgrade }))

test('an agent that ends is started again after 1 s, 2 s, .. 30 s', () => {
  const driven = new Driven(start)
  const waits: number[] = []
  for (let number = 0; number < 7; number++) {
    const wait = driven.on(exited(1)).effects[0]
    if (wait?.kind === 'wait') waits.push(wait.ms)
    assert.deepEqual(driven.on({ kind: 'waited' }).effects, [{ kind: 'spawn' }])
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
})

test('a run of a minute starts the back-off anew', () => {
  const driven = new Driven(start, exited(1), { kind: 'waited' }, exited(1), { kind: 'waited' })
  driven.on(exited(1, { ranMs: 60_000 }))
  assert.deepEqual(driven.effects, [{ kind: 'wait', ms: 1_000 }])
})

test('exit code 78 is for a person: the agent stays down and the code is passed on', () => {
  assert.deepEqual(new Driven(start, exited(78)).effects, [{ kind: 'end', exitCode: 78 }])
})

test('asked to stop, it waits for the agent, whatever the agent ends with', () => {
  const driven = new Driven(start, { kind: 'stop' })
  assert.deepEqual(driven.effects, [{ kind: 'terminate' }])
  assert.deepEqual(driven.on(exited(1)).effects, [{ kind: 'end', exitCode: 0 }])
  assert.deepEqual(driven.on({ kind: 'waited' }).effects, [])
})

test('asked to stop between two starts, it ends at once', () => {
  const driven = new Driven(start, exited(1), { kind: 'stop' })
  assert.deepEqual(driven.effects, [{ kind: 'end', exitCode: 0 }])
})

test('exit code 75 with an upgrade on trial starts the new release', () => {
  assert.deepEqual(onTrial().effects, [{ kind: 'switch', release: '1.1.0' }, { kind: 'spawn' }])
})

test('exit code 75 without an upgrade is an end like any other', () => {
  assert.deepEqual(new Driven(start, exited(75)).effects, [{ kind: 'wait', ms: 1_000 }])
})

test('the new release is taken when it is connected, and only it and the one before it are kept', () => {
  const driven = onTrial().on(looked('1.1.0', true))
  assert.deepEqual(driven.effects, [
    { kind: 'record', upgrade: { ...upgrade, phase: 'done' } },
    { kind: 'prune', keep: ['1.1.0', '1.0.0'] },
  ])
  assert.equal(driven.state.trial, null)
})

test('that the old release is connected says nothing about the new one', () => {
  assert.deepEqual(onTrial().on(looked('1.0.0', true)).effects, [])
})

test('the third crash goes back; the first two are kept on disk', () => {
  const driven = onTrial().on(exited(1))
  assert.deepEqual(driven.effects[0], { kind: 'record', upgrade: { ...upgrade, crashes: 1 } })
  driven.on({ kind: 'waited' }).on(exited(1)).on({ kind: 'waited' }).on(exited(1))
  const [back, record, spawn] = driven.effects
  assert.deepEqual(back, { kind: 'switch', release: '1.0.0' })
  assert.ok(record?.kind === 'record' && record.upgrade.phase === 'rolledBack')
  assert.match(record.upgrade.why ?? '', /ended 3 times .* exit code 1/)
  assert.deepEqual(spawn, { kind: 'spawn' })
})

test('a trial that the host broke off goes on, with the crashes it had', () => {
  const driven = new Driven({ kind: 'start', upgrade: { ...upgrade, crashes: 2 } })
  assert.deepEqual(driven.effects, [{ kind: 'switch', release: '1.1.0' }, { kind: 'spawn' }])
  assert.deepEqual(driven.on(exited(1)).effects[0], { kind: 'switch', release: '1.0.0' })
})

test('not connected while the control plane answers: ended, then back', () => {
  const driven = onTrial()
  for (let second = 1; second < 5; second++) {
    assert.deepEqual(driven.on(looked(null, true)).effects, [])
  }
  assert.deepEqual(driven.on(looked(null, true)).effects, [{ kind: 'terminate' }])
  assert.deepEqual(driven.on(looked('1.1.0', true)).effects, [], 'it was judged already')
  const [back, record] = driven.on(exited(0)).effects
  assert.deepEqual(back, { kind: 'switch', release: '1.0.0' })
  assert.ok(record?.kind === 'record')
  assert.match(record.upgrade.why ?? '', /not connected within 5 s/)
})

test('time without control plane is no verdict', () => {
  const driven = onTrial()
  for (let second = 0; second < 1_000; second++) driven.on(looked(null, false))
  assert.notEqual(driven.state.trial, null)
  driven.on(looked('1.1.0', true))
  assert.equal(driven.state.trial, null)
})

test('a new release that cannot go on at all goes back at once', () => {
  assert.deepEqual(onTrial().on(exited(78)).effects[0], { kind: 'switch', release: '1.0.0' })
})

test('the release before is not judged: it is started again and again', () => {
  const driven = onTrial().on(exited(78))
  for (let number = 0; number < 10; number++) {
    assert.equal(driven.on(exited(1)).effects[0]?.kind, 'wait')
    driven.on({ kind: 'waited' })
  }
})

test('stopped during a trial, the trial is left to the next start', () => {
  const driven = onTrial().on({ kind: 'stop' }).on(exited(0))
  assert.deepEqual(driven.effects, [{ kind: 'end', exitCode: 0 }])
})
