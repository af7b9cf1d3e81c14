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

/** Sleeps end when the clock is driven on, or when the signal fires. */
class WaitingClock implements Clock {
  timeMs = 0
  #sleepers: { untilMs: number; wake: () => void }[] = []
  nowMs(): number {
    return this.timeMs
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.push({ untilMs: this.timeMs + ms, wake: resolve })
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  async advance(ms: number): Promise<void> {
    this.timeMs += ms
    for (const { untilMs, wake } of this.#sleepers) if (untilMs <= this.timeMs) wake()
    await new Promise(setImmediate)
  }
}

async function waiting(throttle: Throttle, bytes: number, signal = never) {
  const seen = { passed: false, error: null as unknown }
  throttle.pass(bytes, signal).then(
    () => (seen.passed = true),
    (error: unknown) => (seen.error = error),
  )
  await new Promise(setImmediate)
  return seen
}

it('who waits when the limit is raised waits by the new one, and no byte passes for nothing', async () => {
  const clock = new WaitingClock()
  const throttle = new Throttle(1_000, clock)
  const seen = await waiting(throttle, 10_250) // 10 s, after the burst
  await clock.advance(5_000)
  throttle.setRate(10_000)
  await clock.advance(499)
  assert.equal(seen.passed, false)
  await clock.advance(1)
  assert.equal(seen.passed, true)
})

it('who waits when the limit is lowered waits longer', async () => {
  const clock = new WaitingClock()
  const throttle = new Throttle(10_000, clock)
  const seen = await waiting(throttle, 12_500)
  throttle.setRate(1_000)
  await clock.advance(9_999)
  assert.equal(seen.passed, false)
  await clock.advance(1)
  assert.equal(seen.passed, true)
})

it('a limit that is taken away lets everyone pass, and one that comes holds the next', async () => {
  const clock = new WaitingClock()
  const throttle = new Throttle(1, clock)
  const seen = await waiting(throttle, 1_000_000)
  throttle.setRate(0)
  await clock.advance(0)
  assert.equal(seen.passed, true)
  throttle.setRate(1_000)
  const next = await waiting(throttle, 2_000)
  await clock.advance(1_999)
  assert.equal(next.passed, false)
  await clock.advance(1)
  assert.equal(next.passed, true)
})

it('a cancelled slice does not wait on', async () => {
  const cancelled = new AbortController()
  const seen = await waiting(new Throttle(1, new WaitingClock()), 1e9, cancelled.signal)
  cancelled.abort(new Error('cancelled'))
  await new Promise(setImmediate)
  assert.equal((seen.error as Error).message, 'cancelled')
})

it('without a limit nothing waits', async () => {
  const clock = new DrivenClock()
  await new Throttle(0, clock).pass(1e12, never)
  assert.equal(clock.timeMs, 0)
})
