import assert from 'node:assert/strict'
import { test } from 'node:test'

import { countOf, RunTotals } from './run-totals.ts'

test('closing lines of a group are counts, other diagnostics are not', () => {
  assert.deepEqual(countOf({ nesting: 0, message: 'pass 12' }), { name: 'pass', value: 12 })
  assert.equal(countOf({ nesting: 1, message: 'pass 12' }), null)
  assert.equal(countOf({ nesting: 0, message: 'seed 12' }), null)
  assert.equal(countOf({ nesting: 0, message: 'fail 2 of them' }), null)
})

test('the closing lines hold the sum of all groups', () => {
  const totals = new RunTotals()
  for (const value of [3, 4]) totals.add({ name: 'tests', value })
  const lines = [...totals.closingLines()].map((event) => event.data.message)
  assert.equal(lines[0], 'tests 7')
  assert.equal(lines[3], 'fail 0')
})

test('a run without any test, with a cancelled one or with a file that held none has failed', () => {
  const totals = new RunTotals()
  assert.equal(totals.failed(), true)
  totals.add({ name: 'tests', value: 1 })
  assert.equal(totals.failed(), false)
  totals.add({ name: 'cancelled', value: 1 })
  assert.equal(totals.failed(), true)
  const empty = new RunTotals()
  empty.add({ name: 'tests', value: 1 })
  empty.fileWithoutTests('a.test.ts')
  assert.equal(empty.failed(), true)
})
