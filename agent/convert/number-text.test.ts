import assert from 'node:assert/strict'
import { it } from 'node:test'

import * as fc from 'fast-check'

import { decimalParts, floatText, integerOf, plainDecimal, smallInteger } from './number-text.ts'
import { highOf, longText, lowOf } from './target.ts'

it('decimal text is exact, whatever the exponent (property)', () => {
  const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  fc.assert(
    fc.property(digits, fc.integer({ min: -20, max: 20 }), (value, exponent) => {
      const parts = decimalParts(`${value}e${exponent}`)
      assert.ok(parts !== null && parts !== 'huge')
      const text = plainDecimal(parts, 90, 30)!
      const [int = '', frac = ''] = text.split('.')
      // value * 10^exponent, both sides scaled by 10^20.
      const scaled = BigInt(int + frac.padEnd(20, '0'))
      assert.equal(scaled, exponent >= -20 ? value * 10n ** BigInt(exponent + 20) : 0n)
      assert.equal(integerOf(parts), (value * 10n ** BigInt(exponent + 20)) / 10n ** 20n)
    }),
  )
})

it('a power of ten that nobody can hold is told, not counted out', () => {
  assert.equal(decimalParts('1e999999999'), 'huge')
  const tiny = decimalParts('1e-999999999')
  assert.ok(tiny !== null && tiny !== 'huge')
  assert.equal(plainDecimal(tiny, 38, 18), null)
})

it('small integers are read from bytes as Number reads them (property)', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger().map(String), fc.string({ maxLength: 5 })), (text) => {
      const data = Buffer.from(` ${text} `)
      const value = smallInteger(data, 1, data.length - 2)
      if (/^-?\d{1,15}$/.test(text)) assert.equal(value, Number(text) + 0)
      else assert.ok(Number.isNaN(value))
    }),
  )
})

it('floats get the shortest text that reads back (property)', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.equal(Math.fround(Number(floatText(value))), value + 0)
    }),
  )
  assert.equal(floatText(Math.fround(0.1)), '0.1')
  assert.equal(floatText(Math.fround(16777217)), '16777216')
})

it('halves of an integer put together are the integer (property)', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(longText(lowOf(value), highOf(value)), String(value))
    }),
  )
})
