/**
 * Numbers written in text, exactly: never through a double, so that digits beyond 2^53 survive.
 *
 *   number = [sign] ( digits [ "." [digits] ] | "." digits ) [ ("e" | "E") [sign] digits ]
 */

/** More digits than any column type holds; a larger power of ten is out of range without counting it out. */
const DIGITS_MAX = 400

/** The plain form of a number: `±int.frac`, without leading zeros in `int` or trailing ones in `frac`. */
export interface DecimalParts {
  readonly negative: boolean
  /** Empty for zero. */
  readonly int: string
  readonly frac: string
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** null: not a number. 'huge': a number with more digits than any type holds. */
export function decimalParts(text: string): DecimalParts | 'huge' | null {
  const match = NUMBER.exec(text)
  if (match === null) return null
  const [, sign, intDigits = '', fracDigits = '', exponentText = '0'] = match
  if (intDigits === '' && fracDigits === '') return null
  const digits = (intDigits + fracDigits).replace(/^0+/, '')
  const negative = sign === '-'
  if (digits === '') return { negative: false, int: '', frac: '' }
  // The point stands this many digits from the left of `digits`.
  const point = digits.length - fracDigits.length + Number(exponentText)
  if (point > DIGITS_MAX) return 'huge'
  if (point < -DIGITS_MAX) return { negative, int: '', frac: tiny(digits) }
  const padded = point <= 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0')
  const split = Math.max(0, point)
  return { negative, int: padded.slice(0, split), frac: padded.slice(split).replace(/0+$/, '') }
}

/** Stands for a fraction too small to write out: more digits than any scale. */
function tiny(digits: string): string {
  return `${'0'.repeat(DIGITS_MAX)}${digits.slice(0, 1)}`
}

/** The integer part, as SQL's cast does it (towards zero). */
export function integerOf(parts: DecimalParts): bigint {
  const magnitude = parts.int === '' ? 0n : BigInt(parts.int)
  return parts.negative ? -magnitude : magnitude
}

/** Plain text of a DECIMAL(precision, scale), or null when digits would be lost. */
export function plainDecimal(parts: DecimalParts, precision: number, scale: number): string | null {
  if (parts.int.length > precision - scale || parts.frac.length > scale) return null
  const text = parts.frac === '' ? parts.int || '0' : `${parts.int || '0'}.${parts.frac}`
  return parts.negative ? `-${text}` : text
}

const SMALL_DIGITS_MAX = 15

/**
 * The integer that `data[start .. start + length)` spells with at most 15 digits and nothing else;
 * NaN when it is anything else, which the exact path then looks at.
 */
export function smallInteger(data: Uint8Array, start: number, length: number): number {
  const negative = length > 0 && data[start] === 0x2d
  const first = negative ? start + 1 : start
  const end = start + length
  if (end === first || end - first > SMALL_DIGITS_MAX) return Number.NaN
  let value = 0
  for (let at = first; at < end; at++) {
    const digit = data[at]! - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return negative ? 0 - value : value
}

const FLOAT_WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '+Infinity': Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** The nearest double; null: not a number. May be infinite for a finite text: the caller refuses that. */
export function parseDouble(text: string): number | null {
  const match = NUMBER.exec(text)
  if (match === null || ((match[2] ?? '') === '' && (match[3] ?? '') === '')) return null
  return Number(text)
}

/** `NaN`, `Infinity` and their signs, as Java writes them; null: none of these. */
export function specialDouble(text: string): number | null {
  return Object.hasOwn(FLOAT_WORDS, text) ? FLOAT_WORDS[text]! : null
}

/** The shortest decimal text that reads back as the same 32-bit float. */
export function floatText(value: number): string {
  for (let precision = 6; precision < 9; precision++) {
    const text = String(Number(value.toPrecision(precision)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(Number(value.toPrecision(9)))
}
