import type { AgentLinkSettings } from './link-settings.ts'

/**
 * Full jitter: anything between the least delay and a bound that doubles with each failure.
 * `failures` counts from 1; `random` is 0 <= x < 1.
 */
export function backoffMs(
  failures: number,
  random: number,
  { backoffMinMs, backoffMaxMs }: Pick<AgentLinkSettings, 'backoffMinMs' | 'backoffMaxMs'>,
): number {
  const bound = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(failures, 30))
  return Math.round(backoffMinMs + random * (bound - backoffMinMs))
}
