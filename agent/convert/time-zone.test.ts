import assert from 'node:assert/strict'
import { it } from 'node:test'

import * as fc from 'fast-check'
import { DateTime } from 'luxon'

import { TimeZone } from './time-zone.ts'

const zones = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']

it('agrees with luxon on what the wall clock shows (property)', () => {
  const instants = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2040, 0, 1) })
  fc.assert(
    fc.property(fc.constantFrom(...zones), instants, (name, epochMs) => {
      const zone = new TimeZone(name)
      const shown = DateTime.fromMillis(epochMs, { zone: name })
      assert.equal(zone.wallOfInstant(epochMs), epochMs + shown.offset * 60_000)
      const wall = zone.wallOfInstant(epochMs)
      assert.equal(zone.wallOfInstant(zone.instantOfWall(wall)), wall)
    }),
  )
})

it('takes the first of a time that occurs twice, and moves a skipped one forward', () => {
  const zone = new TimeZone('America/New_York')
  // 2024-11-03 01:30 occurs at 05:30Z and at 06:30Z; 2024-03-10 02:30 does not occur.
  assert.equal(zone.instantOfWall(Date.UTC(2024, 10, 3, 1, 30)), Date.UTC(2024, 10, 3, 5, 30))
  const skipped = zone.instantOfWall(Date.UTC(2024, 2, 10, 2, 30))
  assert.equal(zone.wallOfInstant(skipped), Date.UTC(2024, 2, 10, 3, 30))
})

it('refuses a name that is no time zone', () => {
  assert.throws(() => new TimeZone('Mars/Olympus'), RangeError)
})
