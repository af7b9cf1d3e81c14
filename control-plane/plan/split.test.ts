import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import type { Plan } from './plan.ts'
import type { SampledRange, SplitOptions } from './split.ts'
import {
  PlanInputError,
  RANGES_PER_SLICE_MAX,
  SLICES_MAX,
  SLICE_BYTES_MAX,
  SLICE_BYTES_MIN,
  makePlan,
} from './split.ts'

const MIB = 1024 * 1024
const TOPIC = { name: 'orders', topicId: 'id-1' }

function range(topicPartition: number, offsets: number, sampledRecordBytes = 1_024): SampledRange {
  const startOffset = 1_000 * topicPartition
  const endOffset = startOffset + offsets
  return { topicPartition, startOffset, endOffset, leaderEpoch: 7, sampledRecordBytes }
}

function plan(ranges: readonly SampledRange[], options: SplitOptions = { concurrent: 1 }): Plan {
  return makePlan(TOPIC, ranges, options)
}

/** S1: laid end to end in their order, the slices' ranges are the non-empty ranges. */
function assertTiles(sampled: readonly SampledRange[], { slices }: Plan): void {
  const next = new Map(sampled.map((r) => [r.topicPartition, r.startOffset]))
  for (const [index, slice] of slices.entries()) {
    assert.equal(slice.sliceNo, index)
    assert.ok(slice.ranges.length > 0 && slice.ranges.length <= RANGES_PER_SLICE_MAX)
    assert.ok(Number.isSafeInteger(slice.estimatedBytes) && slice.estimatedBytes > 0)
    for (const part of slice.ranges) {
      assert.equal(part.startOffset, next.get(part.topicPartition), 'no gap, no overlap, in order')
      assert.ok(part.endOffset > part.startOffset, 'no empty range')
      assert.equal(part.leaderEpoch, 7)
      next.set(part.topicPartition, part.endOffset)
    }
    const numbers = slice.ranges.map((part) => part.topicPartition)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
  }
  for (const r of sampled) assert.equal(next.get(r.topicPartition), r.endOffset, 'complete')
}

const sampledRanges: fc.Arbitrary<SampledRange[]> = fc
  .array(
    fc.record({
      startOffset: fc.nat(1e9),
      offsets: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(1e7)),
      sampledRecordBytes: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(20 * MIB)),
    }),
    { maxLength: 60 },
  )
  .map((items) =>
    items.map(({ startOffset, offsets, sampledRecordBytes }, index) => {
      const endOffset = startOffset + offsets
      return {
        topicPartition: index * 2,
        startOffset,
        endOffset,
        leaderEpoch: 7,
        sampledRecordBytes,
      }
    }),
  )

test('slices tile the ranges exactly, stay within the block ids and do not depend on the order', () => {
  fc.assert(
    fc.property(
      sampledRanges,
      fc.integer({ min: 1, max: 32 }),
      fc.constantFrom(undefined, 512, 64 * 1_024, MIB),
      (sampled, concurrent, sliceBytesMax) => {
        const options = { concurrent, ...(sliceBytesMax === undefined ? {} : { sliceBytesMax }) }
        const made = plan(sampled, options)
        assertTiles(sampled, made)
        assert.ok(made.slices.length <= SLICES_MAX)
        assert.deepEqual(plan(sampled.toReversed(), options), made)
      },
    ),
    { numRuns: 30 },
  )
})

test('there are at least as many slices as channels where the data allow it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1_000, max: 200_000 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 32 }),
      (counts, concurrent) => {
        const sampled = counts.map((count, index) => range(index, count, 100))
        const { slices, estimatedBytes } = plan(sampled, { concurrent })
        const allowed = Math.min(concurrent, Math.floor(estimatedBytes / SLICE_BYTES_MIN))
        assert.ok(slices.length >= allowed, `${slices.length} slices, ${allowed} possible`)
      },
    ),
  )
})

test('a large topic partition becomes equal slices of 64 to 128 MiB', () => {
  const { slices } = plan([range(0, 1_000_000, 1_000)], { concurrent: 4 })
  const sizes = slices.map((slice) => slice.estimatedBytes)
  assert.equal(slices.length, Math.ceil(1e9 / SLICE_BYTES_MAX))
  assert.ok(Math.min(...sizes) >= SLICE_BYTES_MAX / 2)
  assert.ok(Math.max(...sizes) <= SLICE_BYTES_MAX)
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1_000)
})

test('a thousand idle topic partitions make no slices of their own', () => {
  const sampled = Array.from({ length: 1_000 }, (_, number) =>
    range(number, number === 500 ? 10 : 0),
  )
  const made = plan(sampled, { concurrent: 8 })
  assert.equal(made.slices.length, 1)
  assert.equal(made.ranges.length, 1_000, 'the ledger advances over all of them')
  assert.equal(made.offsetCount, 10)
})

test('a thousand topic partitions with little data share slices', () => {
  const sampled = Array.from({ length: 1_000 }, (_, number) => range(number, 10))
  const { slices } = plan(sampled, { concurrent: 8 })
  assertTiles(sampled, plan(sampled, { concurrent: 8 }))
  // 10 MiB in all, and no slice below 1 MiB for the sake of a channel.
  assert.ok(slices.length >= 8 && slices.length <= 10, `${slices.length} slices`)
})

test('a slice lists a bounded number of ranges, however small they are', () => {
  const sampled = Array.from({ length: 2_500 }, (_, number) => range(number, 1, 10))
  const made = plan(sampled)
  assertTiles(sampled, made)
  assert.deepEqual(
    made.slices.map((slice) => slice.ranges.length),
    [RANGES_PER_SLICE_MAX, RANGES_PER_SLICE_MAX, 500],
  )
})

test('nothing to read is a plan without slices', () => {
  assert.deepEqual(plan([]).slices, [])
  const made = plan([range(0, 0), range(1, 0)])
  assert.deepEqual(made.slices, [])
  assert.equal(made.estimatedBytes, 0)
})

test('more data than 20,000 blocks of the usual size make larger slices, not more', () => {
  const sampled = [range(0, 5_000_000_000, 1_000), range(1, 1), range(2, 3_000_000_000, 1_000)]
  const made = plan(sampled, { concurrent: 32 })
  assertTiles(sampled, made)
  assert.ok(made.slices.length <= SLICES_MAX && made.slices.length > SLICES_MAX / 4)
})

test('a record larger than a slice is a slice of its own', () => {
  const sampled = [range(0, 3, 300 * MIB)]
  assert.equal(plan(sampled).slices.length, 3)
})

test('topic partitions without a sample are weighed by the mean of the others', () => {
  const { slices } = plan([range(0, 1_000, 2_000), range(1, 1_000, 0)])
  assert.equal(slices[0]?.estimatedBytes, 4_000_000)
})

test('ranges that are no ranges are refused by name', () => {
  for (const wrong of [
    { startOffset: 5, endOffset: 4 },
    { startOffset: -1, endOffset: 4 },
    { startOffset: 0, endOffset: 2 ** 53 },
    { startOffset: 0, endOffset: 1.5 },
    { sampledRecordBytes: Number.NaN },
  ]) {
    assert.throws(
      () => plan([{ ...range(3, 1), ...wrong }]),
      (error) => {
        return error instanceof PlanInputError && error.message.includes('topic partition 3')
      },
    )
  }
  assert.throws(() => plan([range(1, 1), range(1, 2)]), /listed twice/)
})
