import assert from 'node:assert/strict'
import { it } from 'node:test'

import { type Clock, Throttle } from './throttle.ts'

class DrivenClock implements Clock {
  timeMs = 0
  nowMs(): number {
    return this.timeMs
  }
  sleep(ms: number): Promise<void> {
    this.timeMs += ms
    return Promise.resolve()
  }
}

const never = new AbortController().signal

it('lets as many bytes pass a second as it says, whatever the size of the chunks', async () => {
  for (const chunk of [1_000, 70_000, 3_000_000]) {
    const clock = new DrivenClock()
    const throttle = new Throttle(1_000_000, clock)
    for (let sent = 0; sent < 30_000_000; sent += chunk) await throttle.pass(chunk, never)
    assert.ok(Math.abs(clock.timeMs - 30_000) < 3_300, `${chunk}: ${clock.timeMs} ms`)
  }
})

it('does not save up what was not used during a long pause', async () => {
  const clock = new DrivenClock()
  const throttle = new Throttle(1_000, clock)
  await throttle.pass(1_000, never)
  clock.timeMs += 3_600_000
  const resumedMs = clock.timeMs
  await throttle.pass(10_000, never)
  assert.equal(clock.timeMs - resumedMs, 10_000 - 250)
})

it('without a limit nothing waits', async () => {
  const clock = new DrivenClock()
  await new Throttle(0, clock).pass(1e12, never)
  assert.equal(clock.timeMs, 0)
})
