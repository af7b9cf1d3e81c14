import assert from 'node:assert/strict'
import { it } from 'node:test'

import { parseFigures } from './consumer-performance.ts'
import { BenchError } from './measurement.ts'

const HEAD =
  'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
const FIGURES =
  '2026-01-01 00:00:00:000, 2026-01-01 00:00:08:000, 9.5367, 1.1921, 100000, 12500.0000, 3000, 5000, 1.9073, 20000.0000'

it('takes what was read, and the time without joining the group', () => {
  const expected = { records: 100_000, megabytes: 9.5367, fetchMs: 5000 }
  assert.deepEqual(parseFigures(`${HEAD}\n${FIGURES}\n`), expected)
})

it('finds the figures behind whatever else is printed', () => {
  const stdout = `WARNING: Option --messages is deprecated\n\n${HEAD}\n${FIGURES}\n`
  assert.equal(parseFigures(stdout).records, 100_000)
})

it('refuses output without figures, and shows it', () => {
  assert.throws(
    () => parseFigures('no broker\n'),
    (error) => {
      return error instanceof BenchError && error.message.includes('no broker')
    },
  )
})
