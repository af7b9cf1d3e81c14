/** DECIMAL on the wire is text: `-12.50`, `1E+3` (Python writes exponents). */
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/
const EXPONENT_MAX = 100

/** The value scaled up to a whole number, or what is wrong with the text. */
export function parseDecimal(text: string, precision: number, scale: number): bigint | string {
  const match = DECIMAL.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  const exponent = Number(match?.[4] ?? 0)
  if (match === null || whole.length + fraction.length === 0 || Math.abs(exponent) > EXPONENT_MAX) {
    return `'${text.slice(0, 60)}' is not a decimal number`
  }
  let digits = BigInt(whole + fraction)
  const shift = scale + exponent - fraction.length
  if (shift >= 0) digits *= 10n ** BigInt(shift)
  else {
    const divisor = 10n ** BigInt(-shift)
    if (digits % divisor !== 0n) return `${text} has more than ${scale} digits behind the point`
    digits /= divisor
  }
  if (digits >= 10n ** BigInt(precision))
    return `${text} does not fit DECIMAL(${precision},${scale})`
  return match[1] === '-' ? -digits : digits
}

export function formatDecimal(value: bigint, scale: number): string {
  if (scale === 0) return String(value)
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return value < 0n ? `-${text}` : text
}
