/**
 * When agents may be upgraded: days of the week and hours, in a time zone.
 *
 * W1. A window belongs to the day on which it opens: `fri 22:00-04:00` ends on Saturday morning.
 * W2. It opens and closes by the wall clock of its zone. An hour that a change of the clocks skips is
 *     taken to be the one after it; of an hour that comes twice, the first opens and closes.
 */
import { DateTime, IANAZone } from 'luxon'

export interface TimeWindow {
  /** ISO: 1 is Monday. Ordered, without repetition, never empty. */
  readonly days: readonly number[]
  /** `HH:MM` */
  readonly from: string
  /** `HH:MM`, up to 24:00. Not after `from`: on the next day. */
  readonly to: string
  /** IANA name. */
  readonly timeZone: string
}

export type ParsedWindow =
  | { readonly ok: true; readonly window: TimeWindow }
  | { readonly ok: false; readonly problem: string }

const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const WINDOW = /^(\S+)\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})(?:\s+(\S+))?$/
const EXAMPLE = '"mon-fri 02:00-05:00 Asia/Shanghai"'
/** The next opening is at most a week away; one more for windows that are open. */
const DAYS_AHEAD = 8

/** `[DAYS] HH:MM-HH:MM [ZONE]`: days are `mon-fri`, `sat,sun`, `daily`; the zone is the given one where none is named. */
export function parseTimeWindow(text: string, defaultZone: string): ParsedWindow {
  const normal = text.trim().replaceAll(/\s+/g, ' ')
  const match = WINDOW.exec(/^\d/.test(normal) ? `daily ${normal}` : normal)
  if (match === null) return problem(text, `expected DAYS HH:MM-HH:MM ZONE, such as ${EXAMPLE}`)
  const [, dayText = '', fromText = '', toText = '', zone = defaultZone] = match
  const days = parseDays(dayText.toLowerCase())
  if (days === null) {
    return problem(text, `the days ${dayText}: expected mon-fri, sat,sun or daily`)
  }
  const [from, to] = [parseHour(fromText, 23), parseHour(toText, 24)]
  if (from === null) return problem(text, `${fromText} is no time of the day`)
  if (to === null) return problem(text, `${toText} is no time of the day`)
  if (!IANAZone.isValidZone(zone)) {
    return problem(text, `the time zone ${zone}: expected an IANA name, such as Asia/Shanghai`)
  }
  return { ok: true, window: { days, from, to, timeZone: zone } }
}

/** `mon,tue,wed 02:00-05:00 Asia/Shanghai` */
export function formatTimeWindow({ days, from, to, timeZone }: TimeWindow): string {
  const names = days.length === 7 ? 'daily' : days.map((day) => DAY_NAMES[day - 1]).join(',')
  return `${names} ${from}-${to} ${timeZone}`
}

export function isOpen(window: TimeWindow, nowMs: number): boolean {
  const now = DateTime.fromMillis(nowMs, { zone: window.timeZone })
  // W1: yesterday's may still be open.
  return [-1, 0].some((days) => {
    const span = spanOn(window, now.plus({ days }))
    return span !== null && span.opensMs <= nowMs && nowMs < span.closesMs
  })
}

/** When the window opens next, from now on; now itself while it is open. */
export function nextOpeningMs(window: TimeWindow, nowMs: number): number {
  if (isOpen(window, nowMs)) return nowMs
  const today = DateTime.fromMillis(nowMs, { zone: window.timeZone })
  for (let days = 0; days <= DAYS_AHEAD; days++) {
    const span = spanOn(window, today.plus({ days }))
    if (span !== null && span.opensMs > nowMs) return span.opensMs
  }
  throw new RangeError(`the window ${formatTimeWindow(window)} never opens`)
}

/** The window that opens on this day of its zone; null: none does. */
function spanOn(
  window: TimeWindow,
  day: DateTime,
): { readonly opensMs: number; readonly closesMs: number } | null {
  if (!window.days.includes(day.weekday)) return null
  const isOvernight = window.to <= window.from
  const closingDay = isOvernight ? day.plus({ days: 1 }) : day
  return { opensMs: at(day, window.from), closesMs: at(closingDay, window.to) }
}

/** W2 */
function at(day: DateTime, hour: string): number {
  const [hours = 0, minutes = 0] = hour.split(':').map(Number)
  const midnight = hours === 24 ? day.plus({ days: 1 }) : day
  return midnight.set({ hour: hours % 24, minute: minutes, second: 0, millisecond: 0 }).toMillis()
}

function parseDays(text: string): readonly number[] | null {
  if (text === 'daily') return [1, 2, 3, 4, 5, 6, 7]
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-')
    const [start, end] = [dayNumber(first), dayNumber(last)]
    if (start === null || end === null || rest.length > 0) return null
    for (let day = start; ; day = (day % 7) + 1) {
      days.add(day)
      if (day === end) break
    }
  }
  return [...days].sort((a, b) => a - b)
}

function dayNumber(name: string): number | null {
  const index = (DAY_NAMES as readonly string[]).indexOf(name)
  return index < 0 ? null : index + 1
}

function parseHour(text: string, hoursMax: number): string | null {
  const [hours = NaN, minutes = NaN] = text.split(':').map(Number)
  if (!(minutes < 60) || !(hours <= hoursMax) || (hours === 24 && minutes > 0)) return null
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}

function problem(text: string, why: string): ParsedWindow {
  return { ok: false, problem: `the window ${JSON.stringify(text.slice(0, 100))}: ${why}` }
}
