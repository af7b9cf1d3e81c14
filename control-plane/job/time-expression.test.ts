import assert from 'node:assert/strict'
import { test } from 'node:test'

import { DateTime } from 'luxon'

import { expandAssignment } from './time-expression.ts'

function planned(text: string, timeZone = 'Asia/Shanghai') {
  const time = DateTime.fromFormat(text, 'yyyyMMddHHmmss', { zone: timeZone })
  return { epochMs: time.toMillis(), timeZone }
}

/** DataWorks' worked values, then the forms that its texts describe. */
const VALUES: [string, string, string][] = [
  ['20151027000000', '$[hh24-1/24]', '23'],
  ['20151027000000', '$[yyyymmdd-1/24]', '20151026'],
  ['20250727000500', '$[yyyymmddhh24-1/24]', '2025072623'],
  ['20250727000500', '$[hh24-15/24/60]', '23'],
  ['20250727000500', '$[mi-15/24/60]', '50'],
  ['20250727000500', '$[yyyymmdd-15/24/60]', '20250726'],
  ['20140515103000', '$[hh24:mi:ss-1/24]', '09:30:00'],
  ['20140515103000', '$[add_months(yyyymmdd,-1)]', '20140415'],
  ['20140515103000', '$bizdate', '20140514'],
  ['20140515103000', '$cyctime', '20140515103000'],
  ['20140515103000', '$gmtdate', '20140515'],
  ['20140515103000', '$bizmonth', '201404'],
  ['20140601103000', '$bizmonth', '201405'],
  ['20140515103000', '${bdp.system.bizdate}', '20140514'],
  ['20140515103000', '${yyyymmdd}', '20140514'],
  ['20140515103000', '${yyyymmdd-1}', '20140513'],
  ['20140515103000', '${yyyymmdd-7*2}', '20140430'],
  ['20140515103000', '${yyyy-mm-dd}', '2014-05-14'],
  ['20140515103000', '${yyyy-mm-dd-1}', '2014-05-13'],
  ['20140331103000', '${yyyymm-1}', '201402'],
  ['20140515103000', '${yyyy-1}', '2013'],
  ['20140515103000', '${yymmdd}', '140514'],
  ['20140515103000', '$[yyyymmdd-1]', '20140514'],
  ['20140515103000', '$[yyyymmdd+1]', '20140516'],
  ['20140515103000', '$[yyyymmddhh24miss-2/24]', '20140515083000'],
  ['20140515103000', '$[add_months(yyyymmdd,-12*1)]', '20130515'],
  ['20140531103000', '$[add_months(yyyymmdd,-3)]', '20140228'],
  ['20140515103000', 'eu-$[yyyy]/$[mm]', 'eu-2014/05'],
  ['20140515103000', 'north', 'north'],
  ['20140515103000', 'US$100', 'US$100'],
  ['20140515103000', '', ''],
]

for (const [time, expression, value] of VALUES) {
  test(`${expression === '' ? 'an empty constant' : expression} at ${time} is "${value}"`, () => {
    assert.deepEqual(expandAssignment(expression, planned(time)), { ok: true, text: value })
  })
}

for (const [expression, message] of [
  ['$[yyyymmddhh]', /hh24/],
  ['$[yyyyMMdd]', /no time pattern/],
  ['$[]', /no time pattern/],
  ['$[yyyymmdd', /\$\[yyyymmdd: the expression is not closed/],
  ['eu-${yyyymmdd', /not closed/],
  ['$[yyyymm-1]', /add_months/],
  ['${hh24}', /precise to the day/],
  ['${yyyymmdd-1/24}', /whole number/],
  ['$[yyyymmdd-1/0]', /offset/],
  ['$[yyyymmdd-99999999]', /offset/],
  ['$bizdat', /not known.*\$bizdate/],
] as const) {
  test(`${expression} is refused, and the message says why`, () => {
    const expanded = expandAssignment(expression, planned('20140515103000'))
    assert.equal(expanded.ok, false)
    assert.match(expanded.ok ? '' : expanded.message, message)
  })
}

test('windows of an hourly job tile the day on which the clock is set back', () => {
  const zone = 'Europe/Berlin'
  const start = DateTime.fromISO('2025-10-26T00:00', { zone })
  const parse = (text: string): number =>
    DateTime.fromFormat(text, 'yyyyMMddHH', { zone }).toMillis()
  let covered = parse('2025102523')
  for (let hour = 0; hour <= 25; hour++) {
    const run = { epochMs: start.toMillis() + hour * 3_600_000, timeZone: zone }
    const from = expandAssignment('$[yyyymmddhh24-1/24]', run)
    const to = expandAssignment('$[yyyymmddhh24]', run)
    assert.ok(from.ok && to.ok)
    assert.equal(parse(from.text), covered, 'no gap and no overlap with the hour before')
    covered = parse(to.text)
  }
  assert.equal(covered, DateTime.fromISO('2025-10-27T00:00', { zone }).toMillis())
})
