import assert from 'node:assert/strict'
import { test } from 'node:test'

import { pino } from 'pino'

import { ManualClock } from '../../lib/manual-clock.ts'
import type { AgentRecord } from './agent-record.ts'
import { BeatPace } from './beat-pace.ts'
import type { BeatTimes } from './beat-pace.ts'
import { startLeaseSweep } from './lease-sweep.ts'
import type { LinkContext } from './link-context.ts'
import { DEFAULT_LINK_SETTINGS } from './link-settings.ts'

/** A clock whose owner was busy: timers that came due meanwhile fire late, at the end. */
class BusyClock extends ManualClock {
  #lateMs = 0

  busyFor(ms: number): void {
    this.#lateMs += ms
    this.advance(0)
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#lateMs
  }
}

function underTest() {
  const clock = new BusyClock(0)
  const record = {
    agentId: 'a',
    name: 'a',
    presence: 'online',
    duty: 'working',
    lastHeardMs: 0,
    lossToReport: null,
    told: null as BeatTimes | null,
    session: { isPaused: false, breakOff: () => {} } as object | null,
    queue: { length: 0, push: () => {} },
    releaseAll: () => {},
  }
  const gate = { arrivals: 0, waiting: 0 }
  const link = {
    clock,
    settings: DEFAULT_LINK_SETTINGS,
    registry: { all: () => [record as unknown as AgentRecord] },
    pace: new BeatPace(DEFAULT_LINK_SETTINGS),
    gate,
    log: pino({ level: 'silent' }),
  } as unknown as LinkContext
  const stop = startLeaseSweep(link, () => 0)
  const pass = (seconds: number, each: () => void = () => {}): void => {
    for (let second = 0; second < seconds; second += 1) {
      each()
      clock.advance(1_000)
    }
  }
  return { clock, record, gate, pass, stop }
}

test('a silent agent is suspected, then lost when lease and grace are over', () => {
  const { record, pass, stop } = underTest()
  pass(12)
  assert.equal(record.presence, 'online')
  pass(2)
  assert.equal(record.presence, 'suspect')
  pass(7)
  assert.equal(record.presence, 'suspect')
  pass(2)
  assert.equal(record.presence, 'offline')
  stop()
})

test('an agent that was told to beat less often is silent later, and lost later', () => {
  const { record, pass, stop } = underTest()
  record.told = { beatMs: 15_000, leaseMs: 60_000 }
  pass(36)
  assert.equal(record.presence, 'online')
  pass(3)
  assert.equal(record.presence, 'suspect')
  pass(22)
  assert.equal(record.presence, 'suspect')
  pass(2)
  assert.equal(record.presence, 'offline')
  stop()
})

test('a control plane that was busy does not count that as silence, however often it happens', () => {
  const { clock, record, pass, stop } = underTest()
  for (let time = 0; time < 6; time += 1) {
    clock.busyFor(9_000)
    pass(1)
  }
  assert.equal(clock.monotonicMs(), 60_000)
  assert.equal(record.presence, 'online')
  stop()
})

test('busy for longer than a lease: a fresh lease for all', () => {
  const { clock, record, pass, stop } = underTest()
  pass(10)
  clock.busyFor(60_000)
  pass(12)
  assert.equal(record.presence, 'online')
  pass(12)
  assert.equal(record.presence, 'offline')
  stop()
})

test('while a fleet comes back, who is not in yet is not lost; but not for ever', () => {
  const { record, gate, pass, stop } = underTest()
  record.session = null
  const crowd = (): void => void (gate.arrivals += 50)
  pass(110, crowd)
  assert.equal(record.presence, 'online')
  pass(40, crowd)
  assert.equal(record.presence, 'offline')
  stop()
})

test('a crowd at the door keeps nobody alive who is in', () => {
  const { record, gate, pass, stop } = underTest()
  pass(30, () => void (gate.arrivals += 50))
  assert.equal(record.presence, 'offline')
  stop()
})
