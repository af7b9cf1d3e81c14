import assert from 'node:assert/strict'
import { test } from 'node:test'

import { cutDisplay, displayWidth } from './display-width.ts'
import { formatAge, formatBytes, formatClock } from './format.ts'
import { renderTable } from './table.ts'

const columns = [
  { title: 'NAME', value: (row: readonly string[]) => row[0]! },
  { title: 'ROWS', value: (row: readonly string[]) => row[1]!, align: 'right' as const },
  { title: 'NOTE', value: (row: readonly string[]) => row[2]! },
]

test('columns line up when values hold wide characters', () => {
  const rows = [
    ['订单', '7', 'x'],
    ['orders', '1,000', ''],
  ]
  assert.deepEqual(renderTable(columns, rows, { headers: true }), [
    'NAME     ROWS  NOTE',
    '订单        7  x',
    'orders  1,000',
  ])
  assert.equal(renderTable(columns, rows, { headers: false }).length, 2)
})

test('a line break or escape sequence in a value cannot break the table', () => {
  const [line] = renderTable(columns, [['a\nb', '1', '\u001B[31mred']], { headers: false })
  assert.equal(line, 'a b  1  [31mred')
})

test('widths count what a terminal shows', () => {
  assert.deepEqual(['abc', '数据', 'e\u0301', '👍'].map(displayWidth), [3, 4, 1, 2])
  assert.equal(cutDisplay('数据abc', 3), '数')
})

test('figures have the unit that people expect', () => {
  assert.deepEqual([0, 999, 1000, 84_200_000, 999_960].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '84.2 MB',
    '1.0 MB',
  ])
  assert.deepEqual([-5, 59_000, 60_000, 7_200_000, 3 * 86_400_000].map(formatAge), [
    '0s',
    '59s',
    '1m',
    '2h',
    '3d',
  ])
  assert.deepEqual([7_000, 750_000, 3_723_000].map(formatClock), ['0:07', '12:30', '1:02:03'])
})
