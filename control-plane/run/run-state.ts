/**
 * One run: `waiting → planning → running → committing → succeeded`, or `failed`, `killed`, `held`.
 * Within `running`: opening the upload session, staging slices, verifying the block list. Pure.
 *
 * R1  A run has at most one step (plan, open, verify, complete, publish) under way. The attempt
 *     number of steps only grows over the whole run; a report with another one changes nothing.
 * R2  `committing` is entered from `verifying` alone, when the server's blocks are the plan's (I3),
 *     or from planning, when there is nothing to write.
 *     A session that was completed without us leads to `held`, also while staging or verifying.
 * R3  From `committing` on there is only forward (I4): to `succeeded`, or to `held` for a person.
 *     A kill that comes then is refused: the run is helped forward.
 * R4  A lost session before `committing` costs time only (I6): back to `opening`, at most
 *     SESSIONS_OPENED_MAX times.
 * R5  `succeeded` may carry a last step, `publish`, whose failure changes nothing.
 */
import { backoffMs, RETRY_LIMITS, type RetryLimits } from './retry.ts'
import type { WorkFailure } from './work-failure.ts'

export type StepKind = 'plan' | 'open' | 'verify' | 'complete' | 'publish'

export interface Step {
  readonly kind: StepKind
  readonly attempt: number
  readonly retries: number
  readonly holder:
    | { readonly name: 'pending'; readonly retryAtMs: number }
    | { readonly name: 'assigned' | 'accepted'; readonly agentId: string }
}

/** Grows within a run; kept through all states. */
interface RunCounters {
  readonly stepAttempts: number
  readonly sessionsOpened: number
}

export type RunState = RunCounters &
  (
    | { readonly name: 'waiting' }
    | { readonly name: 'planning'; readonly step: Step }
    | { readonly name: 'running'; readonly phase: 'opening'; readonly step: Step }
    | { readonly name: 'running'; readonly phase: 'staging'; readonly uploadId: string }
    | {
        readonly name: 'running'
        readonly phase: 'verifying'
        readonly uploadId: string
        readonly step: Step
      }
    | {
        readonly name: 'committing'
        readonly uploadId: string
        readonly step: Step
        readonly sinceMs: number
      }
    | { readonly name: 'succeeded'; readonly step: Step | null }
    | { readonly name: 'failed'; readonly error: WorkFailure }
    | { readonly name: 'killed' }
    | {
        readonly name: 'held'
        readonly uploadId: string
        readonly evidence: Readonly<Record<string, unknown>>
      }
  )

export type RunEvent =
  | { readonly type: 'started' }
  | { readonly type: 'stepAssigned'; readonly agentId: string }
  | { readonly type: 'stepAccepted'; readonly attempt: number }
  /** Refused, or lost with its agent: made again elsewhere, no failure. */
  | { readonly type: 'stepLost'; readonly attempt: number; readonly retryAtMs: number }
  | {
      readonly type: 'stepFailed'
      readonly attempt: number
      readonly failure: WorkFailure
      readonly random: number
    }
  | { readonly type: 'planned'; readonly attempt: number }
  /** The plan has nothing to write: no session is needed. */
  | { readonly type: 'plannedNothing'; readonly attempt: number; readonly publish: boolean }
  | { readonly type: 'opened'; readonly attempt: number; readonly uploadId: string }
  | { readonly type: 'allStaged' }
  /** Blocks are missing on the server: their slices are pending again. */
  | { readonly type: 'blocksMissing'; readonly attempt: number }
  | { readonly type: 'verified'; readonly attempt: number }
  | { readonly type: 'sessionLost'; readonly failure: WorkFailure }
  | { readonly type: 'committed'; readonly attempt: number | null; readonly publish: boolean }
  | {
      readonly type: 'outcomeUnknown'
      readonly attempt: number | null
      readonly evidence: Readonly<Record<string, unknown>>
    }
  | { readonly type: 'failed'; readonly failure: WorkFailure }
  | { readonly type: 'kill' }
  | { readonly type: 'published'; readonly attempt: number }

/** A session that is lost more often than this is no accident. */
export const SESSIONS_OPENED_MAX = 8

/** The life of an upload session: what is not known by then, a person must decide (I4). */
export const COMMIT_DECIDED_WITHIN_MS = 24 * 60 * 60 * 1000

/** Publishing the group's offsets is a courtesy: it is given up after so many failures. */
const PUBLISH_RETRIES_MAX = 3

/** The state after the event, or null when the event does not concern the run as it is. */
export function nextRun(
  run: RunState,
  event: RunEvent,
  nowMs: number,
  limits: RetryLimits = RETRY_LIMITS,
): RunState | null {
  switch (event.type) {
    case 'started':
      return run.name === 'waiting' ? { name: 'planning', ...withStep(run, 'plan', nowMs) } : null
    case 'stepAssigned':
    case 'stepAccepted':
    case 'stepLost':
    case 'stepFailed':
      return nextStep(run, event, nowMs, limits)
    case 'planned':
      if (run.name !== 'planning' || run.step.attempt !== event.attempt) return null
      return { name: 'running', phase: 'opening', ...withStep(run, 'open', nowMs) }
    case 'plannedNothing':
      if (run.name !== 'planning' || run.step.attempt !== event.attempt) return null
      return succeeded(run, event.publish, nowMs)
    case 'opened':
      if (run.name !== 'running' || run.phase !== 'opening') return null
      if (run.step.attempt !== event.attempt) return null
      return {
        name: 'running',
        phase: 'staging',
        uploadId: event.uploadId,
        stepAttempts: run.stepAttempts,
        sessionsOpened: run.sessionsOpened + 1,
      }
    case 'allStaged':
      if (run.name !== 'running' || run.phase !== 'staging') return null
      return {
        name: 'running',
        phase: 'verifying',
        uploadId: run.uploadId,
        ...withStep(run, 'verify', nowMs),
      }
    case 'blocksMissing':
      if (run.name !== 'running' || run.phase !== 'verifying') return null
      if (run.step.attempt !== event.attempt) return null
      return { name: 'running', phase: 'staging', uploadId: run.uploadId, ...counters(run) }
    case 'verified':
      if (run.name !== 'running' || run.phase !== 'verifying') return null
      if (run.step.attempt !== event.attempt) return null
      return {
        name: 'committing',
        uploadId: run.uploadId,
        sinceMs: nowMs,
        ...withStep(run, 'complete', nowMs),
      }
    case 'sessionLost':
      return sessionLost(run, event.failure, nowMs)
    case 'committed':
      if (run.name !== 'committing' && run.name !== 'held') return null
      if (run.name === 'committing' && event.attempt !== run.step.attempt) return null
      return succeeded(run, event.publish, nowMs)
    case 'outcomeUnknown':
      if (run.name !== 'committing' && !(run.name === 'running' && run.phase !== 'opening')) {
        return null
      }
      // While staging a slice brings it: there is no step.
      if (event.attempt !== (stepOf(run)?.attempt ?? null)) return null
      return { name: 'held', uploadId: run.uploadId, evidence: event.evidence, ...counters(run) }
    case 'failed':
      return canStillFail(run) ? { name: 'failed', error: event.failure, ...counters(run) } : null
    case 'kill':
      return canStillFail(run) && run.name !== 'held' ? { name: 'killed', ...counters(run) } : null
    case 'published':
      if (run.name !== 'succeeded' || run.step?.attempt !== event.attempt) return null
      return { ...run, step: null }
  }
}

/** R3: `held` can fail too, but only by a person's word. */
function canStillFail(run: RunState): boolean {
  return (
    run.name === 'waiting' ||
    run.name === 'planning' ||
    run.name === 'running' ||
    run.name === 'held'
  )
}

/** The step that is under way or next, in whatever state. */
export function stepOf(run: RunState): Step | null {
  return 'step' in run ? run.step : null
}

/** No further state will come, except that R5's last step goes away. */
export function isOver(run: RunState): boolean {
  return run.name === 'succeeded' || run.name === 'failed' || run.name === 'killed'
}

function counters(run: RunState): RunCounters {
  return { stepAttempts: run.stepAttempts, sessionsOpened: run.sessionsOpened }
}

function withStep(run: RunState, kind: StepKind, nowMs: number): RunCounters & { step: Step } {
  const holder = { name: 'pending', retryAtMs: nowMs } as const
  return { ...counters(run), step: { kind, attempt: run.stepAttempts, retries: 0, holder } }
}

function succeeded(run: RunState, publish: boolean, nowMs: number): RunState {
  if (!publish) return { name: 'succeeded', step: null, ...counters(run) }
  return { name: 'succeeded', ...withStep(run, 'publish', nowMs) }
}

function sessionLost(run: RunState, failure: WorkFailure, nowMs: number): RunState | null {
  if (run.name !== 'running') return null
  if (run.sessionsOpened >= SESSIONS_OPENED_MAX) {
    return { name: 'failed', error: failure, ...counters(run) }
  }
  return { name: 'running', phase: 'opening', ...withStep(run, 'open', nowMs) }
}

type StepEvent = Extract<
  RunEvent,
  { type: 'stepAssigned' | 'stepAccepted' | 'stepLost' | 'stepFailed' }
>

function nextStep(
  run: RunState,
  event: StepEvent,
  nowMs: number,
  limits: RetryLimits,
): RunState | null {
  if (!('step' in run) || run.step === null) return null
  const { step } = run
  if (event.type === 'stepAssigned') {
    if (step.holder.name !== 'pending') return null
    const attempt = run.stepAttempts + 1
    const holder = { name: 'assigned', agentId: event.agentId } as const
    return { ...run, stepAttempts: attempt, step: { ...step, attempt, holder } }
  }
  if (event.attempt !== step.attempt || step.holder.name === 'pending') return null
  switch (event.type) {
    case 'stepAccepted':
      return { ...run, step: { ...step, holder: { ...step.holder, name: 'accepted' } } }
    case 'stepLost':
      return {
        ...run,
        step: { ...step, holder: { name: 'pending', retryAtMs: event.retryAtMs } },
      }
    case 'stepFailed':
      return stepFailed({ ...run, step }, event, nowMs, limits)
  }
}

function stepFailed(
  run: Extract<RunState, { step: Step | null }> & { readonly step: Step },
  event: Extract<RunEvent, { type: 'stepFailed' }>,
  nowMs: number,
  limits: RetryLimits,
): RunState | null {
  const { failure } = event
  const retries = run.step.retries + 1
  const wait = backoffMs(retries, event.random, limits)
  const again: Step = {
    ...run.step,
    retries,
    holder: { name: 'pending', retryAtMs: nowMs + wait },
  }
  if (run.name === 'succeeded') {
    const givenUp = failure.retry === 'FATAL' || retries > PUBLISH_RETRIES_MAX
    return { ...run, step: givenUp ? null : again }
  }
  if (run.name === 'committing') {
    // I4: a failed try says nothing about the outcome; the next one asks the session again.
    const undecidable = failure.retry === 'FATAL' || nowMs - run.sinceMs > COMMIT_DECIDED_WITHIN_MS
    if (!undecidable) return { ...run, step: again }
    const evidence = { reason: failure.message, code: failure.code, uploadId: run.uploadId }
    return { name: 'held', uploadId: run.uploadId, evidence, ...counters(run) }
  }
  if (failure.retry === 'RESTART_SESSION' && run.name === 'running' && run.phase !== 'opening') {
    return sessionLost(run, failure, nowMs)
  }
  if (failure.retry === 'FATAL' || retries > limits.retriesMax) {
    return { name: 'failed', error: failure, ...counters(run) }
  }
  return { ...run, step: again }
}
