/**
 * Which failures are worth another try, and when.
 *
 * Back-off is exponential with full jitter: before try n+1 wait a random time up to 1 s * 2^(n-1), at most 64 s.
 * When the service names a time (Retry-After, HoldClientMillis), that is the least we wait.
 */

import { setTimeout as delay } from 'node:timers/promises'

import { fromUnknown, MaxComputeError, type RetryClass } from './errors.ts'

export const BACKOFF_FIRST_MS = 1_000
export const BACKOFF_MAX_MS = 64_000

/** Nobody waits longer than this on the service's word. */
export const HOLD_MS_MAX = 300_000

/** Tries of one call, the first included. With the waits above that is about two minutes on average. */
export const TRIES_MAX = 8

/** What retrying needs of the world; tests drive it. */
export interface RetryClock {
  /** Rejects with an AbortError when the signal fires. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** 0 up to 1, like Math.random. */
  readonly random: () => number
  readonly now: () => number
}

export const systemClock: RetryClock = {
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
  random: Math.random,
  now: Date.now,
}

/** What may be repeated without asking. */
export interface RetryRule {
  readonly triesMax: number
  readonly classes: ReadonlySet<RetryClass>
  /** Also when the service may have acted on a try whose answer was lost. */
  readonly whenMaybeReached: boolean
}

/** GET, and POSTs whose repetition leaves at most an unused session behind (create upload, create download). */
export const REPEATABLE: RetryRule = {
  triesMax: TRIES_MAX,
  classes: new Set<RetryClass>(['backoff']),
  whenMaybeReached: true,
}

/** A body that can be read once only (put block), and whatever resolves its doubts itself (complete, submit). */
export const NEVER: RetryRule = {
  triesMax: 1,
  classes: new Set<RetryClass>(),
  whenMaybeReached: false,
}

/** The wait before the next try; `failures` counts from 1. */
export function backoffMs(failures: number, random: number, holdMs = 0): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1))
  return Math.max(Math.ceil(random * ceiling), Math.min(holdMs, HOLD_MS_MAX))
}

/** Whether the rule lets a failure be tried again. */
export function mayRetry(rule: RetryRule, error: MaxComputeError, failures: number): boolean {
  if (failures >= rule.triesMax || !rule.classes.has(error.retry)) return false
  return error.reached !== 'maybe' || rule.whenMaybeReached
}

/** Calls until it works or the rule says stop; then the last error is thrown, with the number of tries in its message. */
export async function withRetry<T>(
  rule: RetryRule,
  clock: RetryClock,
  where: string,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await call()
    } catch (thrown) {
      const error = fromUnknown(thrown, where)
      if (!mayRetry(rule, error, failures))
        throw failures === 1 ? error : afterTries(error, failures)
      await pause(clock, backoffMs(failures, clock.random(), error.holdMs), where, signal)
    }
  }
}

/** Waits; an abort becomes a `MaxComputeError` (Aborted). */
export async function pause(
  clock: RetryClock,
  ms: number,
  where: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (thrown) {
    throw fromUnknown(thrown, where)
  }
}

function afterTries(error: MaxComputeError, tries: number): MaxComputeError {
  return new MaxComputeError(error.code, `${error.message} (after ${tries} tries)`, {
    retry: error.retry,
    reached: error.reached,
    cause: error,
    ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    ...(error.holdMs === undefined ? {} : { holdMs: error.holdMs }),
  })
}
