/** How often a failed attempt is made again, and after which wait. Pure: randomness is an argument. */

export interface RetryLimits {
  /** Failures of one slice or step that the run survives; a lost agent does not count as one. */
  readonly retriesMax: number
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
}

/** With these, a dependency may be away for about five minutes before a run fails for it. */
export const RETRY_LIMITS: RetryLimits = {
  retriesMax: 14,
  backoffMinMs: 500,
  backoffMaxMs: 30_000,
}

/**
 * A slice whose attempts keep being lost with their agent may be what kills the agents: after so
 * many in a row it fails the run instead of taking down one agent after the other.
 */
export const LOST_IN_A_ROW_MAX = 25

/** Wait before try `retries` (from 1), half of it jitter. `random` is in [0, 1). */
export function backoffMs(retries: number, random: number, limits = RETRY_LIMITS): number {
  const full = Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** Math.min(retries - 1, 20))
  return Math.round(full * (0.5 + random / 2))
}

/**
 * Whether work that waits until `retryAtMs` may go out. No wait is longer than the longest back-off: one
 * that seems to be was stored before the clock was set back, and counts as over.
 */
export function isDue(retryAtMs: number, nowMs: number, limits = RETRY_LIMITS): boolean {
  return retryAtMs <= nowMs || retryAtMs > nowMs + limits.backoffMaxMs
}
