/** Plain decimal text into a 128-bit integer scaled by 10^scale. */

/** Up to here a double holds every digit exactly. */
const FAST_DIGITS_MAX = 15

const ZERO = 0x30
const NINE = 0x39
const DOT = 0x2e
const MINUS = 0x2d
const PLUS = 0x2b

interface DecimalShape {
  readonly precision: number
  readonly scale: number
}

/**
 * Writes the value at `at`, little endian. Answers a problem as a sentence, or null.
 * Nothing is rounded: digits beyond the scale are a problem unless they are zeros.
 */
export function writeDecimal128(
  text: Uint8Array,
  start: number,
  length: number,
  shape: DecimalShape,
  target: DataView,
  at: number,
): string | null {
  const first = text[start]
  const negative = first === MINUS
  let from = negative || first === PLUS ? start + 1 : start
  const end = start + length
  let digits = 0 // significant digits before scaling
  let fraction = -1 // digits after the dot, -1 before it
  let fast = 0
  let seen = false
  const digitsStart = from
  for (; from < end; from++) {
    const char = text[from]!
    if (char === DOT && fraction < 0) {
      fraction = 0
      continue
    }
    if (char < ZERO || char > NINE) return 'not plain decimal text'
    seen = true
    if (fraction >= shape.scale) {
      if (char !== ZERO) return `more than ${shape.scale} digits after the decimal point`
      continue
    }
    if (fraction >= 0) fraction++
    if (digits > 0 || char !== ZERO) digits++
    fast = fast * 10 + (char - ZERO)
  }
  if (!seen) return 'not plain decimal text'
  const missingZeros = shape.scale - Math.max(0, fraction)
  const total = digits === 0 ? 0 : digits + missingZeros
  if (total > shape.precision) {
    return `more than ${shape.precision - shape.scale} digits before the decimal point`
  }
  if (total <= FAST_DIGITS_MAX) writeSmall(fast * 10 ** missingZeros, negative, target, at)
  else writeLarge(digitsText(text, digitsStart, end, shape.scale), negative, target, at)
  return null
}

function writeSmall(magnitude: number, negative: boolean, target: DataView, at: number): void {
  const value = negative ? -magnitude : magnitude
  const high = Math.floor(value / 0x1_0000_0000)
  const sign = value < 0 ? -1 : 0
  target.setInt32(at, value - high * 0x1_0000_0000, true)
  target.setInt32(at + 4, high, true)
  target.setInt32(at + 8, sign, true)
  target.setInt32(at + 12, sign, true)
}

function writeLarge(magnitude: string, negative: boolean, target: DataView, at: number): void {
  const value = negative ? -BigInt(magnitude) : BigInt(magnitude)
  target.setBigInt64(at, BigInt.asIntN(64, value), true)
  target.setBigInt64(at + 8, value >> 64n, true)
}

/** All digits, with exactly `scale` after the (removed) point. */
function digitsText(text: Uint8Array, start: number, end: number, scale: number): string {
  const plain = Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('latin1')
  const dot = plain.indexOf('.')
  const whole = dot < 0 ? plain : plain.slice(0, dot)
  const fraction = dot < 0 ? '' : plain.slice(dot + 1, dot + 1 + scale)
  return whole + fraction.padEnd(scale, '0')
}
