import assert from 'node:assert/strict'
import { test } from 'node:test'

import { PARAMETERS_MAX, evaluateParameters, parseAssignmentLine } from './parameters.ts'

const PLANNED = { epochMs: Date.UTC(2026, 0, 2, 0, 0, 0), timeZone: 'Asia/Shanghai' }

test('an assignment line gives its assignments by name', () => {
  const { assignments, problems } = parseAssignmentLine(' ds=$[yyyymmdd-1/24]  site=a=b x= ')
  assert.deepEqual(assignments, { ds: '$[yyyymmdd-1/24]', site: 'a=b', x: '' })
  assert.deepEqual(problems, [])
})

test('parts of a line that assign nothing, or again, are problems', () => {
  const { problems } = parseAssignmentLine('ds 1x=2 a=1 a=2')
  assert.deepEqual(
    problems.map(({ name }) => name),
    ['ds', '1x=2', 'a'],
  )
})

test('values are computed at the planned time, and what fails names the parameter', () => {
  const { values, problems } = evaluateParameters({ ds: '$bizdate', n: '5', bad: '$[x]' }, PLANNED)
  assert.deepEqual(values, { ds: '20260101', n: '5' })
  assert.deepEqual(
    problems.map(({ name }) => name),
    ['bad'],
  )
})

test('evaluated values are constants: evaluating them again changes nothing', () => {
  const once = evaluateParameters({ ds: '$bizdate', hh: '$[hh24]' }, PLANNED).values
  assert.deepEqual(evaluateParameters(once, PLANNED).values, once)
})

test('more parameters than anyone writes are refused', () => {
  const many = Object.fromEntries(
    Array.from({ length: PARAMETERS_MAX + 1 }, (_, i) => [`p${i}`, '']),
  )
  assert.equal(evaluateParameters(many, PLANNED).problems.length, 1)
})
