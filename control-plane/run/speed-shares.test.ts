import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { maxMinShares, sliceSpeed } from './speed-shares.ts'

const demands = fc.array(fc.option(fc.integer({ min: 1, max: 1_000 })), { maxLength: 12 })
const budgets = fc.integer({ min: 1, max: 3_000 })
/** Of sums of fractions. */
const EPSILON = 1e-6

test('shares add up to the budget at most, and nobody gets more than it asks for', () => {
  fc.assert(
    fc.property(budgets, demands, (budget, asked) => {
      const shares = maxMinShares(budget, asked).map(Number)
      const wanted = asked.reduce<number>((sum, each) => sum + (each ?? Infinity), 0)
      const given = shares.reduce((sum, each) => sum + each, 0)
      assert(Math.abs(given - Math.min(budget, wanted)) < EPSILON, 'what is there is given')
      for (const [i, each] of asked.entries()) assert(shares[i]! <= (each ?? Infinity))
    }),
  )
})

test('nobody could get more without taking from someone who has no more than he', () => {
  fc.assert(
    fc.property(budgets, demands, (budget, asked) => {
      const shares = maxMinShares(budget, asked).map(Number)
      const most = Math.max(0, ...shares)
      for (const [i, each] of asked.entries()) {
        const isSatisfied = shares[i]! >= (each ?? Infinity) - EPSILON
        assert(isSatisfied || shares[i]! >= most - EPSILON)
      }
    }),
  )
})

test('the order in which jobs are listed changes nothing', () => {
  fc.assert(
    fc.property(budgets, demands, (budget, asked) => {
      const forth = maxMinShares(budget, asked).map(Number)
      const back = maxMinShares(budget, asked.toReversed()).map(Number).toReversed()
      for (const [i, share] of forth.entries()) assert(Math.abs(share - back[i]!) < EPSILON)
    }),
  )
})

test('without a limit of the group each job has its own', () => {
  assert.deepEqual(maxMinShares(null, [5, null]), [5, null])
})

test('a slice has its part of the share, at least one byte a second, which is not "no limit"', () => {
  assert.equal(sliceSpeed(100, 3), 33)
  assert.equal(sliceSpeed(1, 3), 1)
  assert.equal(sliceSpeed(null, 3), 0)
  assert.equal(sliceSpeed(100, 0), 100)
})
