/**
 * Dates and times written in text. DataWorks' four formats, and ISO 8601 beside them:
 *
 *   text     = date | time | date ( " " | "T" ) time [ zone ] | yyyyMMdd
 *   date     = yyyy "-" MM "-" dd
 *   time     = HH ":" mm ":" ss [ "." 1*9 digits ]
 *   zone     = "Z" | ( "+" | "-" ) HH [ ":" ] mm
 *
 * A time without a date is on 1970-01-01. Without a zone it is the job's time zone's wall clock.
 */

export interface DateTimeText {
  /** As if it were UTC. */
  readonly wallMs: number
  /** 0..999,999: what the text says beyond milliseconds. */
  readonly subMsNanos: number
  /** null: the text names no zone. */
  readonly zoneOffsetMs: number | null
}

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?)?$/
const TIME = /^(\d{2}):(\d{2}):(\d{2})$/
const COMPACT_DATE = /^(\d{4})(\d{2})(\d{2})$/

/** null: none of the formats, or no such day or time. */
export function parseDateTime(text: string): DateTimeText | null {
  const full = DATE_TIME.exec(text)
  if (full !== null) {
    const dayMs = daysMs(full[1]!, full[2]!, full[3]!)
    const clockMs = full[4] === undefined ? 0 : timeMs(full[4], full[5]!, full[6]!)
    const zoneOffsetMs = full[8] === undefined ? null : zoneMs(full[8])
    if (dayMs === null || clockMs === null || Number.isNaN(zoneOffsetMs)) return null
    const fraction = (full[7] ?? '').padEnd(9, '0')
    return {
      wallMs: dayMs + clockMs + Number(fraction.slice(0, 3)),
      subMsNanos: Number(fraction.slice(3)),
      zoneOffsetMs,
    }
  }
  const compact = COMPACT_DATE.exec(text)
  const time = compact === null ? TIME.exec(text) : null
  let wallMs: number | null = null
  if (compact !== null) wallMs = daysMs(compact[1]!, compact[2]!, compact[3]!)
  else if (time !== null) wallMs = timeMs(time[1]!, time[2]!, time[3]!)
  return wallMs === null ? null : { wallMs, subMsNanos: 0, zoneOffsetMs: null }
}

function daysMs(year: string, month: string, day: string): number | null {
  const date = new Date(0)
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  return exists ? date.getTime() : null
}

function timeMs(hour: string, minute: string, second: string): number | null {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  return h > 23 || m > 59 || s > 59 ? null : ((h * 60 + m) * 60 + s) * 1000
}

/** NaN: no such offset. */
function zoneMs(text: string): number {
  if (text === 'Z') return 0
  const digits = text.replace(':', '')
  const [hours, minutes] = [Number(digits.slice(1, 3)), Number(digits.slice(3, 5))]
  if (hours > 18 || minutes > 59) return Number.NaN
  const ms = (hours * 60 + minutes) * 60_000
  return text.startsWith('-') ? -ms : ms
}
