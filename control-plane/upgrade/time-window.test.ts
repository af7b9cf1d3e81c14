import assert from 'node:assert/strict'
import { test } from 'node:test'

import { formatTimeWindow, isOpen, nextOpeningMs, parseTimeWindow } from './time-window.ts'
import type { TimeWindow } from './time-window.ts'

function windowOf(text: string): TimeWindow {
  const parsed = parseTimeWindow(text, 'Asia/Shanghai')
  assert(parsed.ok, parsed.ok ? '' : parsed.problem)
  return parsed.window
}

const ms = (iso: string): number => Date.parse(iso)

test('a window is days, hours and a zone; days and zone may be left out', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['mon-fri 02:00-05:00 Europe/Berlin', 'mon,tue,wed,thu,fri 02:00-05:00 Europe/Berlin'],
    ['SAT,sun  2:00-05:30', 'sat,sun 02:00-05:30 Asia/Shanghai'],
    ['fri-mon 22:00-04:00 UTC', 'mon,fri,sat,sun 22:00-04:00 UTC'],
    ['02:00-24:00', 'daily 02:00-24:00 Asia/Shanghai'],
    ['daily 00:00-24:00 UTC', 'daily 00:00-24:00 UTC'],
  ]
  for (const [text, normal] of cases) assert.equal(formatTimeWindow(windowOf(text)), normal)
})

test('what is no window is refused with what is wrong about it', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /expected DAYS HH:MM-HH:MM ZONE/],
    ['mon-fri', /expected DAYS HH:MM-HH:MM ZONE/],
    ['monday 02:00-05:00', /the days monday/],
    ['mon-tue-wed 02:00-05:00', /the days mon-tue-wed/],
    ['mon 25:00-05:00', /25:00 is no time/],
    ['mon 02:00-24:01', /24:01 is no time/],
    ['mon 02:60-05:00', /02:60 is no time/],
    ['mon 02:00-05:00 Mars/Olympus', /the time zone Mars\/Olympus/],
  ]
  for (const [text, expected] of cases) {
    const parsed = parseTimeWindow(text, 'UTC')
    assert(!parsed.ok, text)
    assert.match(parsed.problem, expected)
  }
})

test('a window is open from its first minute to just before its last, on its days, in its zone', () => {
  const window = windowOf('mon-fri 02:00-05:00 Asia/Shanghai') // 18:00-21:00 UTC of the day before
  const cases: readonly (readonly [string, boolean])[] = [
    ['2026-11-22T17:59:59.999Z', false], // Monday, 01:59:59.999 there
    ['2026-11-22T18:00:00Z', true],
    ['2026-11-22T20:59:59.999Z', true],
    ['2026-11-22T21:00:00Z', false],
    ['2026-11-27T19:00:00Z', false], // Saturday there
    ['2026-11-21T19:00:00Z', false], // Sunday there
  ]
  for (const [at, expected] of cases) assert.equal(isOpen(window, ms(at)), expected, at)
})

test('a window over midnight belongs to the day on which it opens', () => {
  const window = windowOf('fri 22:00-04:00 UTC')
  assert.equal(isOpen(window, ms('2026-11-27T22:00:00Z')), true) // Friday
  assert.equal(isOpen(window, ms('2026-11-28T03:59:00Z')), true)
  assert.equal(isOpen(window, ms('2026-11-28T04:00:00Z')), false)
  assert.equal(isOpen(window, ms('2026-11-27T03:00:00Z')), false) // Thursday's night
  assert.equal(isOpen(window, ms('2026-11-28T22:30:00Z')), false)
})

test('the same hour twice is a whole day', () => {
  const window = windowOf('sun 06:00-06:00 UTC')
  assert.equal(isOpen(window, ms('2026-11-22T06:00:00Z')), true) // Sunday
  assert.equal(isOpen(window, ms('2026-11-23T05:59:00Z')), true)
  assert.equal(isOpen(window, ms('2026-11-23T06:00:00Z')), false)
})

test('the next opening is the next day of the window, over the week’s end', () => {
  const window = windowOf('mon-fri 02:00-05:00 UTC')
  const next = (at: string): string => new Date(nextOpeningMs(window, ms(at))).toISOString()
  assert.equal(next('2026-11-23T01:00:00Z'), '2026-11-23T02:00:00.000Z')
  assert.equal(next('2026-11-23T03:00:00Z'), '2026-11-23T03:00:00.000Z') // open now
  assert.equal(next('2026-11-23T05:00:00Z'), '2026-11-24T02:00:00.000Z')
  assert.equal(next('2026-11-27T05:00:00Z'), '2026-11-30T02:00:00.000Z')
  const weekly = windowOf('mon 02:00-05:00 UTC')
  assert.equal(nextOpeningMs(weekly, ms('2026-11-23T05:00:00Z')), ms('2026-11-30T02:00:00Z'))
})

test('when the clocks go forward, a skipped hour opens as the one after it', () => {
  // Berlin, 2027-03-28: 02:00 is 03:00.
  const window = windowOf('sun 02:30-05:00 Europe/Berlin')
  assert.equal(isOpen(window, ms('2027-03-28T01:29:00Z')), false)
  assert.equal(isOpen(window, ms('2027-03-28T01:30:00Z')), true) // 03:30 there
  assert.equal(isOpen(window, ms('2027-03-28T02:59:00Z')), true) // 04:59 there
  assert.equal(isOpen(window, ms('2027-03-28T03:00:00Z')), false)
})

test('when the clocks go back, a window by the wall clock is an hour longer', () => {
  // Berlin, 2026-10-25: 03:00 is 02:00 again.
  const window = windowOf('sun 01:30-04:00 Europe/Berlin')
  assert.equal(isOpen(window, ms('2026-10-24T23:29:00Z')), false)
  assert.equal(isOpen(window, ms('2026-10-24T23:30:00Z')), true)
  assert.equal(isOpen(window, ms('2026-10-25T01:30:00Z')), true) // 02:30 for the second time
  assert.equal(isOpen(window, ms('2026-10-25T02:59:00Z')), true)
  assert.equal(isOpen(window, ms('2026-10-25T03:00:00Z')), false)
})
