/**
 * DATETIME, DATE, TIMESTAMP and TIMESTAMP_NTZ.
 *
 * Integers are milliseconds since the epoch. DATETIME and TIMESTAMP are instants: text without a zone is
 * read on the job's time zone's clock. DATE and TIMESTAMP_NTZ are what that clock shows.
 */
import type { Int64Column, TimestampColumn } from '../../lib/column-batch.ts'
import type { TableColumn } from '../../maxcompute/schema.ts'
import { type DateTimeText, parseDateTime } from './date-text.ts'
import { smallInteger } from './number-text.ts'
import { WINDOW_ROWS_MAX } from './row-window.ts'
import { highOf, latin1, lowOf, type Reason, safeLong, Target } from './target.ts'
import type { TimeZone } from './time-zone.ts'

/** The service stores the years 1 to 9999. */
export const WALL_MS_MIN = new Date(0).setUTCFullYear(1, 0, 1)
export const WALL_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
const DAY_MS = 86_400_000
/** Longer text is no date. */
const DATE_TEXT_LENGTH_MAX = 40

export const BAD_DATE =
  'the text is not a date or time (yyyy-MM-dd HH:mm:ss, yyyy-MM-dd, HH:mm:ss, yyyyMMdd or ISO 8601)'

abstract class DateTimeTarget extends Target {
  protected readonly zone: TimeZone

  constructor(column: TableColumn, zone: TimeZone) {
    super(column)
    this.zone = zone
  }

  protected abstract setInstant(row: number, epochMs: number): Reason
  protected abstract setDateTime(row: number, text: DateTimeText): Reason

  setLong(row: number, low: number, high: number): Reason {
    const epochMs = safeLong(low, high)
    return inRange(epochMs) ? this.setInstant(row, epochMs) : this.#outOfYears()
  }

  override setText(row: number, data: Uint8Array, start: number, length: number): Reason {
    if (length > DATE_TEXT_LENGTH_MAX) return BAD_DATE
    const text = parseDateTime(latin1(data, start, length))
    if (text === null) return BAD_DATE
    return inRange(text.wallMs) ? this.setDateTime(row, text) : this.#outOfYears()
  }

  override setNumberText(row: number, data: Uint8Array, start: number, length: number): Reason {
    const epochMs = smallInteger(data, start, length)
    if (!Number.isNaN(epochMs)) return this.setLong(row, lowOf(epochMs), highOf(epochMs))
    return 'the number is not whole milliseconds since 1970 within the years 1 to 9999'
  }

  #outOfYears(): string {
    return `the time is outside the years 1 to 9999 of ${this.typeText}`
  }
}

function inRange(ms: number): boolean {
  return ms >= WALL_MS_MIN && ms <= WALL_MS_MAX
}

/** The instant that a text names. */
export function instantOf(text: DateTimeText, zone: TimeZone): number {
  return text.zoneOffsetMs === null
    ? zone.instantOfWall(text.wallMs)
    : text.wallMs - text.zoneOffsetMs
}

/** What the zone's clock shows at the time that a text names. */
export function wallOf(text: DateTimeText, zone: TimeZone): number {
  return text.zoneOffsetMs === null
    ? text.wallMs
    : zone.wallOfInstant(text.wallMs - text.zoneOffsetMs)
}

/** DATETIME (ms since the epoch) and DATE (days since the epoch). */
export class DateTarget extends DateTimeTarget {
  readonly #isDate: boolean
  readonly #values = new BigInt64Array(WINDOW_ROWS_MAX)
  readonly #halves = new Int32Array(this.#values.buffer)

  constructor(column: TableColumn, zone: TimeZone) {
    super(column, zone)
    this.#isDate = column.type.kind === 'DATE'
  }

  column(_rowCount: number): Int64Column {
    return { kind: 'int64', values: this.#values, nulls: this.nullBitmap() }
  }

  move(from: number, to: number): void {
    this.#halves[2 * to] = this.#halves[2 * from]!
    this.#halves[2 * to + 1] = this.#halves[2 * from + 1]!
    this.moveNull(from, to)
  }

  protected setInstant(row: number, epochMs: number): Reason {
    if (this.#isDate) return this.#set(row, Math.floor(this.zone.wallOfInstant(epochMs) / DAY_MS))
    return this.#set(row, epochMs)
  }

  protected setDateTime(row: number, text: DateTimeText): Reason {
    if (this.#isDate) return this.#set(row, Math.floor(wallOf(text, this.zone) / DAY_MS))
    if (text.subMsNanos !== 0) return 'the time is finer than the milliseconds of DATETIME'
    return this.#set(row, instantOf(text, this.zone))
  }

  #set(row: number, value: number): Reason {
    this.#halves[2 * row] = lowOf(value)
    this.#halves[2 * row + 1] = highOf(value)
    return null
  }
}

/** TIMESTAMP and TIMESTAMP_NTZ. */
export class TimestampTarget extends DateTimeTarget {
  readonly #isWall: boolean
  readonly #seconds = new BigInt64Array(WINDOW_ROWS_MAX)
  readonly #halves = new Int32Array(this.#seconds.buffer)
  readonly #nanos = new Int32Array(WINDOW_ROWS_MAX)

  constructor(column: TableColumn, zone: TimeZone) {
    super(column, zone)
    this.#isWall = column.type.kind === 'TIMESTAMP_NTZ'
  }

  column(_rowCount: number): TimestampColumn {
    return {
      kind: 'timestamp',
      seconds: this.#seconds,
      nanos: this.#nanos,
      nulls: this.nullBitmap(),
    }
  }

  move(from: number, to: number): void {
    this.#halves[2 * to] = this.#halves[2 * from]!
    this.#halves[2 * to + 1] = this.#halves[2 * from + 1]!
    this.#nanos[to] = this.#nanos[from]!
    this.moveNull(from, to)
  }

  protected setInstant(row: number, epochMs: number): Reason {
    return this.#set(row, this.#isWall ? this.zone.wallOfInstant(epochMs) : epochMs, 0)
  }

  protected setDateTime(row: number, text: DateTimeText): Reason {
    const ms = this.#isWall ? wallOf(text, this.zone) : instantOf(text, this.zone)
    return this.#set(row, ms, text.subMsNanos)
  }

  #set(row: number, ms: number, subMsNanos: number): Reason {
    const seconds = Math.floor(ms / 1000)
    this.#halves[2 * row] = lowOf(seconds)
    this.#halves[2 * row + 1] = highOf(seconds)
    this.#nanos[row] = (ms - seconds * 1000) * 1_000_000 + subMsNanos
    return null
  }
}
