import { InvalidArgumentError } from 'commander'

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Reads an option such as `90s`, `10m`, `1h`, `7d`, as milliseconds; commander names the option. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})(ms|s|m|h|d)$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) return Number(count) * UNITS_MS[unit]!
  throw new InvalidArgumentError('It takes a time such as 90s, 10m, 1h or 7d.')
}
