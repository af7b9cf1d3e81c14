/**
 * One slice of a run: `pending → assigned → running → staged`, back to `pending` when its attempt or
 * its lease is lost, `failed` when retries are used up. Pure.
 *
 * S1  The attempt number only grows; it is the fencing token. A report that carries another one
 *     changes nothing.
 * S2  `staged` is left only when the upload session is lost (I6) or the service misses its block.
 * S4  A lost attempt that nobody has replaced yet is adopted when its agent comes back with it.
 * S3  A lost attempt is not a failure of the slice and uses up no retry; but see LOST_IN_A_ROW_MAX.
 */
import { backoffMs, LOST_IN_A_ROW_MAX, RETRY_LIMITS, type RetryLimits } from './retry.ts'
import type { WorkFailure } from './work-failure.ts'

interface SliceCounters {
  readonly attempt: number
  readonly retries: number
  readonly lostInARow: number
}

export interface SliceFigures {
  readonly rows: number
  readonly bytesRead: number
  readonly bytesSent: number
  readonly dirtyRecords: number
}

export type SliceState = SliceCounters &
  (
    | { readonly name: 'pending'; readonly retryAtMs: number; readonly error: WorkFailure | null }
    | { readonly name: 'assigned' | 'running'; readonly agentId: string }
    | ({ readonly name: 'staged'; readonly agentId: string } & SliceFigures)
    | { readonly name: 'failed'; readonly error: WorkFailure }
  )

export const NEW_SLICE: SliceState = {
  name: 'pending',
  attempt: 0,
  retries: 0,
  lostInARow: 0,
  retryAtMs: 0,
  error: null,
}

export type SliceEvent =
  | { readonly type: 'assign'; readonly agentId: string }
  | { readonly type: 'accepted'; readonly attempt: number }
  /** S4: an agent that was given up is back and still runs (or has finished) the newest attempt. */
  | { readonly type: 'adopt'; readonly attempt: number; readonly agentId: string }
  | { readonly type: 'rejected'; readonly attempt: number; readonly retryAtMs: number }
  | { readonly type: 'staged'; readonly attempt: number; readonly figures: SliceFigures }
  | {
      readonly type: 'attemptFailed'
      readonly attempt: number
      readonly failure: WorkFailure
      readonly random: number
    }
  | { readonly type: 'lost'; readonly attempt: number; readonly failure: WorkFailure }
  /** S2: the service does not list the block that was staged. */
  | { readonly type: 'blockMissing'; readonly failure: WorkFailure }
  /** S2: whatever was staged stands in no session any more. */
  | { readonly type: 'reset' }

/** The state after the event, or null when the event does not concern the slice as it is (S1). */
export function nextSlice(
  slice: SliceState,
  event: SliceEvent,
  nowMs: number,
  limits: RetryLimits = RETRY_LIMITS,
): SliceState | null {
  const { attempt, retries, lostInARow } = slice
  const active = slice.name === 'assigned' || slice.name === 'running'
  switch (event.type) {
    case 'assign':
      if (slice.name !== 'pending') return null
      return {
        name: 'assigned',
        attempt: attempt + 1,
        retries,
        lostInARow,
        agentId: event.agentId,
      }
    case 'accepted':
      if (slice.name !== 'assigned' || event.attempt !== attempt) return null
      return { ...slice, name: 'running' }
    case 'adopt': {
      const lost = slice.name === 'pending' && slice.lostInARow > 0
      if (!lost || event.attempt !== attempt) return null
      return { name: 'running', attempt, retries, lostInARow, agentId: event.agentId }
    }
    case 'rejected':
      if (!active || event.attempt !== attempt) return null
      return pending({ attempt, retries, lostInARow }, event.retryAtMs, null)
    case 'staged':
      if (!active || event.attempt !== attempt) return null
      return {
        name: 'staged',
        attempt,
        retries,
        lostInARow: 0,
        agentId: slice.agentId,
        ...event.figures,
      }
    case 'attemptFailed': {
      if (!active || event.attempt !== attempt) return null
      const counters = { attempt, retries: retries + 1, lostInARow: 0 }
      if (event.failure.retry === 'FATAL' || retries >= limits.retriesMax) {
        return { name: 'failed', ...counters, error: event.failure }
      }
      return pending(counters, nowMs + backoffMs(retries + 1, event.random, limits), event.failure)
    }
    case 'lost': {
      if (!active || event.attempt !== attempt) return null
      const counters = { attempt, retries, lostInARow: lostInARow + 1 }
      if (counters.lostInARow > LOST_IN_A_ROW_MAX) {
        return { name: 'failed', ...counters, error: event.failure }
      }
      return pending(counters, nowMs, event.failure)
    }
    case 'blockMissing': {
      if (slice.name !== 'staged') return null
      const counters = { attempt, retries: retries + 1, lostInARow: 0 }
      if (retries >= limits.retriesMax) return { name: 'failed', ...counters, error: event.failure }
      return pending(counters, nowMs, event.failure)
    }
    case 'reset':
      return slice.name === 'failed'
        ? null
        : pending({ attempt, retries, lostInARow: 0 }, nowMs, null)
  }
}

function pending(
  counters: SliceCounters,
  retryAtMs: number,
  error: WorkFailure | null,
): SliceState {
  return { name: 'pending', ...counters, retryAtMs, error }
}
