import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sparkline } from './sparkline.ts'

test('the largest figure is the highest bar, nothing is the lowest', () => {
  assert.equal(sparkline([0, 50, 100], 10), '▁▅█')
})

test('more figures than there is room for: each character is the largest of its share', () => {
  assert.equal(sparkline([0, 0, 100, 0, 0, 0], 3), '▁█▁')
  assert.equal(
    sparkline(
      Array.from({ length: 1000 }, () => 1),
      60,
    ).length,
    60,
  )
})

test('what is not known is a gap', () => {
  assert.equal(sparkline([7, null, 7], 10), '█ █')
})

test('figures that are all nothing, and none at all', () => {
  assert.equal(sparkline([0, 0], 10), '▁▁')
  assert.equal(sparkline([], 10), '')
})
