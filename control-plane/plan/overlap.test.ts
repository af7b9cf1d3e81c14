import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import type { CommittedRange } from './overlap.ts'
import { firstOverlap, overlapMessage } from './overlap.ts'
import type { OffsetRange } from './plan.ts'

function committed(
  runId: number,
  topicPartition: number,
  startOffset: number,
  endOffset: number,
  other: Partial<CommittedRange> = {},
): CommittedRange {
  const place = { target: 'p.t/ds=1', topic: 'orders', topicId: 'id-1' }
  return { runId, topicPartition, startOffset, endOffset, ...place, ...other }
}

function wanted(...ranges: OffsetRange[]) {
  return { target: 'p.t/ds=1', topic: 'orders', topicId: 'id-1', ranges }
}

const RANGE = { topicPartition: 0, startOffset: 10, endOffset: 20 }

test('ranges that touch do not overlap', () => {
  const earlier = [committed(1, 0, 0, 10), committed(2, 0, 20, 30), committed(3, 1, 10, 20)]
  assert.equal(firstOverlap(wanted(RANGE), earlier), null)
})

test('the first conflict is named with the earlier run, whatever the order', () => {
  const earlier = [committed(9, 0, 15, 30), committed(7, 0, 12, 14), committed(8, 0, 12, 30)]
  const expected = { topicPartition: 0, startOffset: 12, endOffset: 14, runId: 7 }
  assert.deepEqual(firstOverlap(wanted(RANGE), earlier), expected)
  assert.deepEqual(firstOverlap(wanted(RANGE), earlier.toReversed()), expected)
  assert.match(overlapMessage(expected, 'orders', 'p.t/ds=1'), /Run 7 .*12 to 13.*allowDuplicates/)
})

test('another target, another topic and a topic that was made again do not conflict', () => {
  for (const other of [{ target: 'p.t/ds=2' }, { topic: 'o' }, { topicId: 'id-2' }]) {
    assert.equal(firstOverlap(wanted(RANGE), [committed(1, 0, 0, 99, other)]), null)
  }
})

test('an unknown topic id conflicts, to be on the safe side', () => {
  assert.notEqual(firstOverlap(wanted(RANGE), [committed(1, 0, 0, 99, { topicId: '' })]), null)
})

test('agrees with looking at every offset', () => {
  const small = fc.record({
    topicPartition: fc.nat(2),
    startOffset: fc.nat(12),
    length: fc.nat(4),
  })
  fc.assert(
    fc.property(fc.array(small, { maxLength: 6 }), fc.array(small, { maxLength: 6 }), (a, b) => {
      const ranges = a.map((r) => ({ ...r, endOffset: r.startOffset + r.length }))
      const earlier = b.map((r, i) =>
        committed(i + 1, r.topicPartition, r.startOffset, r.startOffset + r.length),
      )
      let expected: string | null = null
      for (let place = 0; place < 3 * 100 && expected === null; place++) {
        const [topicPartition, offset] = [Math.floor(place / 100), place % 100]
        const holds = (r: OffsetRange): boolean =>
          r.topicPartition === topicPartition && r.startOffset <= offset && offset < r.endOffset
        if (ranges.some(holds) && earlier.some(holds)) expected = `${topicPartition}/${offset}`
      }
      const found = firstOverlap(wanted(...ranges), earlier)
      assert.equal(found && `${found.topicPartition}/${found.startOffset}`, expected)
    }),
    { numRuns: 500 },
  )
})
