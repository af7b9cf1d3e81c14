import assert from 'node:assert/strict'
import { test } from 'node:test'

import { checkClock, clockOffsetMs, formatSpan } from './clock-check.ts'
import { checkLine } from './host-check.ts'

test('a clock 3 minutes behind fails, and the line says by how much and what to do', () => {
  const line = checkLine(checkClock(-182_000))
  assert.match(line, /^FAIL {2}clock {9}3 min 2 s behind the control plane: set the clock/)
})

test('half a minute is a warning, two minutes are a failure, a second is nothing', () => {
  const outcomes = [900, -30_000, 30_001, 120_000, 120_001].map((ms) => checkClock(ms).outcome)
  assert.deepEqual(outcomes, ['ok', 'ok', 'warn', 'warn', 'fail'])
})

test('the answer is taken to have been given half way', () => {
  assert.equal(clockOffsetMs(10_000, 12_000, 11_000), 0)
  assert.equal(clockOffsetMs(10_000, 12_000, 193_000), -182_000)
})

test('spans are said in their two largest units', () => {
  assert.equal(formatSpan(45_000), '45 s')
  assert.equal(formatSpan(3_600_000), '1 h 0 min')
  assert.equal(formatSpan(2 * 86_400_000 + 3 * 3_600_000), '2 d 3 h')
})
