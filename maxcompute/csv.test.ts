import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseCsv } from './csv.ts'

test('quotes, line ends, NULL and empty fields', () => {
  assert.deepEqual(parseCsv('"a","b"\r\n1,\\N\n"x ""y"", z","\\N"\n,\n'), [
    ['a', 'b'],
    ['1', null],
    ['x "y", z', '\\N'],
    ['', ''],
  ])
  assert.deepEqual(parseCsv(''), [])
  assert.deepEqual(parseCsv('a,'), [['a', '']])
  assert.deepEqual(parseCsv('a'), [['a']])
})
