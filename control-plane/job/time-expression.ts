/**
 * DataWorks' time expressions, as they stand in the assignments of scheduling parameters:
 *
 *   assignment = { literal | "${" pattern [offset] "}" | "$[" pattern [offset] "]"
 *                | "$[add_months(" pattern "," months ")]" }   or one word:
 *                $bizdate $cyctime $gmtdate $bizmonth
 *   offset     = ("+" | "-") number { ("*" | "/") number }      days, or the pattern's own unit
 *   pattern    = tokens yyyy yy mm dd hh24 mi ss with any separators
 *
 * `${…}` counts from the business date (the day before the planned time; days only), `$[…]` from
 * the planned time. The offset moves the complete time, the pattern formats the result.
 *
 * Whole days move the calendar day. Fractions (`-1/24`) move the instant, so that the windows of
 * an hourly job tile the day in which the clock is changed, too.
 */
import { DateTime } from 'luxon'

/** The moment a run is planned for, in the zone in which it is planned. */
export interface PlannedTime {
  readonly epochMs: number
  readonly timeZone: string
}

export type Expanded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string }

const EXPRESSION = /\$\{([^}]*)\}|\$\[([^\]]*)\]/g
const TOKEN = /yyyy|yy|mm|dd|hh24|hh12|hh|mi|ss/g
const OFFSET = /^(.*?)([+-])\s*(\d+(?:\s*[*/]\s*\d+)*)$/
const ADD_MONTHS = /^add_months\(\s*(.*?)\s*,\s*([+-]?)\s*(\d+(?:\s*\*\s*\d+)*)\s*\)$/
const SYSTEM_WORD = /^\$[A-Za-z]\w*$/
/** Ten thousand days or months away from the planned time is a typing slip. */
const OFFSET_MAX = 10_000

/** Does the text hold what belongs into an assignment: `$[` and a time pattern? */
export function holdsCycleExpression(text: string): boolean {
  return /\$\[\s*(?:add_months\(|[^\]]*(?:yy|mm|dd|hh|mi|ss))[^\]]*\]/.test(text)
}

/**
 * The value that an assignment (`$[yyyymmdd-1/24]`, `$bizdate`, `eu-${yyyymmdd}`, `constant`) has
 * at the planned time. The message of a failure names the expression.
 */
export function expandAssignment(assignment: string, planned: PlannedTime): Expanded {
  if (SYSTEM_WORD.test(assignment)) return systemWord(assignment.slice(1), planned)
  const failures: string[] = []
  const text = assignment.replaceAll(
    EXPRESSION,
    (whole, business: string | undefined, cycle: string | undefined) => {
      const value =
        business === undefined
          ? cycleExpression(cycle ?? '', planned)
          : businessExpression(business, planned)
      if (value.ok) return value.text
      failures.push(`${whole}: ${value.message}`)
      return whole
    },
  )
  const rest = assignment.replaceAll(EXPRESSION, '')
  const open = /\$[[{].*/.exec(rest)?.[0]
  if (open !== undefined) failures.push(`${open}: the expression is not closed`)
  const [failure] = failures
  return failure === undefined ? { ok: true, text } : { ok: false, message: failure }
}

/** `bdp.system.bizdate` and `bdp.system.cyctime`; null for any other name. */
export function systemParameter(name: string, planned: PlannedTime): string | null {
  if (name === 'bdp.system.bizdate') return format('yyyymmdd', bizdate(planned))
  if (name === 'bdp.system.cyctime') return format('yyyymmddhh24miss', at(planned))
  return null
}

function systemWord(word: string, planned: PlannedTime): Expanded {
  const day = bizdate(planned)
  switch (word) {
    case 'bizdate':
      return { ok: true, text: format('yyyymmdd', day) }
    case 'cyctime':
      return { ok: true, text: format('yyyymmddhh24miss', at(planned)) }
    case 'gmtdate':
      return { ok: true, text: format('yyyymmdd', at(planned)) }
    case 'bizmonth': {
      // The month of the business date, or the one before while that month still lasts.
      const lasts = day.hasSame(at(planned), 'month')
      return { ok: true, text: format('yyyymm', lasts ? day.minus({ months: 1 }) : day) }
    }
    default: {
      const known = '$bizdate, $cyctime, $gmtdate, $bizmonth'
      return { ok: false, message: `"$${word}" is not known; there are ${known}` }
    }
  }
}

function businessExpression(expression: string, planned: PlannedTime): Expanded {
  const system = systemParameter(expression, planned)
  if (system !== null) return { ok: true, text: system }
  const { pattern, sign, amount } = splitOffset(expression)
  const tokens = tokensOf(pattern)
  if (!tokens.ok) return tokens
  if (tokens.names.some((name) => !['yyyy', 'yy', 'mm', 'dd'].includes(name))) {
    return { ok: false, message: '${…} is precise to the day; use $[…] for hours and smaller' }
  }
  if (!Number.isInteger(amount) || amount > OFFSET_MAX) {
    return { ok: false, message: `the offset must be a whole number up to ${OFFSET_MAX}` }
  }
  const smallest = tokens.names.includes('dd')
    ? 'days'
    : tokens.names.includes('mm')
      ? 'months'
      : 'years'
  return { ok: true, text: format(pattern, bizdate(planned).plus({ [smallest]: sign * amount })) }
}

function cycleExpression(expression: string, planned: PlannedTime): Expanded {
  const months = ADD_MONTHS.exec(expression.trim())
  const { pattern, sign, amount } =
    months === null
      ? splitOffset(expression)
      : {
          pattern: months[1] ?? '',
          sign: months[2] === '-' ? -1 : 1,
          amount: product(months[3] ?? ''),
        }
  const tokens = tokensOf(pattern)
  if (!tokens.ok) return tokens
  if (!Number.isFinite(amount) || amount > OFFSET_MAX) {
    return { ok: false, message: `the offset must be a number up to ${OFFSET_MAX}` }
  }
  if (months !== null)
    return { ok: true, text: format(pattern, at(planned).plus({ months: sign * amount })) }
  if (amount !== 0 && !/dd|hh|mi|ss/.test(pattern)) {
    // The product's own texts disagree whether 1 is a day or a month here.
    const message = 'say add_months(…) where the pattern has no day, since the unit is ambiguous'
    return { ok: false, message }
  }
  const moved = Number.isInteger(amount)
    ? at(planned).plus({ days: sign * amount })
    : at(planned).plus({ milliseconds: Math.round(sign * amount * 86_400_000) })
  return { ok: true, text: format(pattern, moved) }
}

function splitOffset(expression: string): { pattern: string; sign: number; amount: number } {
  const match = OFFSET.exec(expression.trim())
  // `yyyy-mm-dd` has separators that look like signs: an offset is digits only.
  if (match === null) return { pattern: expression.trim(), sign: 1, amount: 0 }
  const sign = match[2] === '-' ? -1 : 1
  return { pattern: (match[1] ?? '').trim(), sign, amount: product(match[3] ?? '') }
}

/** `15/24/60`, `7*2` */
function product(text: string): number {
  const factors = text.split(/\s*([*/])\s*/)
  let value = Number(factors[0])
  for (let i = 1; i < factors.length; i += 2) {
    const factor = Number(factors[i + 1])
    value = factors[i] === '*' ? value * factor : value / factor
  }
  return value
}

function tokensOf(pattern: string): { ok: true; names: string[] } | { ok: false; message: string } {
  const names: string[] = pattern.match(TOKEN) ?? []
  if (names.length === 0 || /[A-Za-z0-9]/.test(pattern.replaceAll(TOKEN, ''))) {
    const known = 'yyyy, yy, mm, dd, hh24, mi, ss'
    return { ok: false, message: `"${pattern}" is no time pattern; its tokens are ${known}` }
  }
  if (names.includes('hh') || names.includes('hh12')) {
    return { ok: false, message: `"${pattern}": hours are written hh24` }
  }
  return { ok: true, names }
}

function at(planned: PlannedTime): DateTime {
  return DateTime.fromMillis(planned.epochMs, { zone: planned.timeZone, locale: 'en-US' })
}

function bizdate(planned: PlannedTime): DateTime {
  return at(planned).startOf('day').minus({ days: 1 })
}

function format(pattern: string, time: DateTime): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return pattern.replaceAll(TOKEN, (token) => {
    switch (token) {
      case 'yyyy':
        return String(time.year).padStart(4, '0')
      case 'yy':
        return two(time.year % 100)
      case 'mm':
        return two(time.month)
      case 'dd':
        return two(time.day)
      case 'hh24':
        return two(time.hour)
      case 'mi':
        return two(time.minute)
      default:
        return two(time.second)
    }
  })
}
