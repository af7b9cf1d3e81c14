const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * Figures as a line of bars from `min` to the largest of them, at most `width` characters: where there are
 * more figures, each character is the largest of its share. `null`: nothing is known, a gap.
 */
export function sparkline(values: readonly (number | null)[], width: number, min = 0): string {
  const shares = values.length <= width ? values.map((value) => [value]) : shared(values, width)
  const peaks = shares.map((share) => {
    const known = share.filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  })
  const max = Math.max(min, ...peaks.filter((peak) => peak !== null))
  return peaks.map((peak) => bar(peak, min, max)).join('')
}

function shared(values: readonly (number | null)[], width: number): (number | null)[][] {
  return Array.from({ length: width }, (_, at) => {
    const from = Math.floor((at * values.length) / width)
    return values.slice(from, Math.floor(((at + 1) * values.length) / width))
  })
}

function bar(value: number | null, min: number, max: number): string {
  if (value === null) return ' '
  if (max <= min) return BARS[0]!
  const height = (Math.max(min, value) - min) / (max - min)
  return BARS[Math.round(height * (BARS.length - 1))]!
}
