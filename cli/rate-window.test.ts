import assert from 'node:assert/strict'
import { test } from 'node:test'

import { RATE_WINDOW_MS, RateWindow } from './rate-window.ts'

test('rates are those of the last seconds, not of the whole run', () => {
  const window = new RateWindow()
  assert.equal(window.add(0, 0, 0).rowsPerSecond, 0)
  assert.deepEqual(window.add(1000, 100, 1000), { rowsPerSecond: 100, bytesPerSecond: 1000 })
  for (let ms = 2000; ms <= 20_000; ms += 500) window.add(ms, 100, 1000)
  assert.equal(window.add(20_000 + RATE_WINDOW_MS, 100, 1000).rowsPerSecond, 0)
})

test('rows that are taken back never make a negative rate', () => {
  const window = new RateWindow()
  window.add(0, 500, 500)
  assert.equal(window.add(1000, 100, 100).rowsPerSecond, 0)
  assert.equal(window.add(2000, 200, 200).rowsPerSecond, 100)
})
