import assert from 'node:assert/strict'
import { test } from 'node:test'

import { PROBLEMS_MAX, ProblemList } from './problem-list.ts'

const PLACE = { path: '$.a', position: { line: 1, column: 1 } }

test('problems beyond the bound are counted, and notes never displace errors', () => {
  const list = new ProblemList()
  for (let i = 0; i <= PROBLEMS_MAX; i++) list.noteAt('no-effect', PLACE, 'a note')
  assert.equal(list.hasErrors, false)
  for (let i = 0; i < PROBLEMS_MAX + 5; i++) list.errorAt('missing', PLACE, 'an error')
  assert.equal(list.hasErrors, true)
  assert.equal(list.errors().length, PROBLEMS_MAX + 1)
  assert.match(list.errors().at(-1)?.message ?? '', /^5 more/)
  assert.match(list.notes().at(-1)?.message ?? '', /^1 more/)
})

test('problems come in the order of the text', () => {
  const list = new ProblemList()
  list.errorAt('missing', { path: '$.b', position: { line: 10, column: 1 } }, 'second')
  list.errorAt('missing', { path: '$.a', position: { line: 9, column: 7 } }, 'first')
  assert.deepEqual(
    list.errors().map(({ message }) => message),
    ['first', 'second'],
  )
})
