/**
 * A test as a list of stages, one after the other.
 *
 * T1. Every stage is bounded in time, and so is the whole: what does not end in time has failed.
 * T2. After a stage that failed the others are skipped: they could only say the same once more.
 * T3. No secret is in what a stage says (`hidden` is the second line of defence).
 */
import type { TestResultInput } from '../../proto/gen/sluice/agent/v1/TestResult.ts'
import type { TestStageInput } from '../../proto/gen/sluice/agent/v1/TestStage.ts'
import { diagnose, type Diagnosis } from './diagnosis.ts'
import { since } from './network.ts'
import { ProbeError } from './probe-error.ts'

/** Of one stage. */
export const STAGE_MS_MAX = 12_000
const DETAIL_CHARS_MAX = 1_000

export interface Seen {
  readonly outcome: 'PASSED' | 'SKIPPED'
  /** What was seen; or why it was not asked for. */
  readonly detail: string
}

export interface Stage {
  readonly name: string
  /** Throws ProbeError, KafkaError or MaxComputeError for what is wrong with the data source. */
  readonly run: (signal: AbortSignal) => Promise<Seen>
}

export function passed(detail: string): Seen {
  return { outcome: 'PASSED', detail }
}

export function skipped(detail: string): Seen {
  return { outcome: 'SKIPPED', detail }
}

export interface StageOptions {
  /** Of all stages together. */
  readonly timeoutMs: number
  /** The caller's. */
  readonly signal: AbortSignal
  /** Values that must not be seen. */
  readonly secrets: readonly string[]
}

/** Throws what is no failure of the data source: a bug, or the caller's abort. */
export async function runStages(
  stages: readonly Stage[],
  options: StageOptions,
): Promise<TestResultInput> {
  const { signal, secrets, timeoutMs } = options
  const endsAt = performance.now() + timeoutMs
  const reports: TestStageInput[] = []
  let failed: (Diagnosis & { readonly name: string }) | null = null
  for (const stage of stages) {
    if (failed !== null) {
      const detail = `${failed.name} failed`
      reports.push({ name: stage.name, outcome: 'SKIPPED', milliseconds: 0, detail, advice: '' })
      continue
    }
    const startedAt = performance.now()
    const limitMs = Math.max(1, Math.min(STAGE_MS_MAX, endsAt - startedAt))
    const outcome = await runStage(stage, limitMs, signal)
    const milliseconds = since(startedAt)
    if ('outcome' in outcome) {
      const detail = hidden(outcome.detail, secrets)
      reports.push({ name: stage.name, outcome: outcome.outcome, milliseconds, detail, advice: '' })
      continue
    }
    failed = { ...outcome, cause: hidden(outcome.cause, secrets), name: stage.name }
    const { name, cause: detail, advice } = failed
    reports.push({ name, outcome: 'FAILED', milliseconds, detail, advice })
  }
  if (failed === null) return { verdict: 'CONNECTABLE', message: '', stages: reports }
  const message = `${failed.name}: ${failed.cause}: ${failed.advice}`
  return { verdict: failed.verdict, message, stages: reports }
}

/** T1. A stage that does not heed its signal is left behind; its connections close with the test. */
async function runStage(
  stage: Stage,
  limitMs: number,
  signal: AbortSignal,
): Promise<Seen | Diagnosis> {
  const over = new AbortController()
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => undefined)
  const timer = setTimeout(() => {
    ended.reject(new ProbeError('TIMEOUT', `no outcome within ${Math.round(limitMs)} ms`))
    over.abort()
  }, limitMs)
  const stop = (): void => {
    ended.reject(signal.reason)
    over.abort()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([stage.run(over.signal), ended.promise])
  } catch (error) {
    signal.throwIfAborted()
    const diagnosis = diagnose(error)
    if (diagnosis === null) throw error
    return diagnosis
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    over.abort()
  }
}

/** T3. Short values are words of the language as well: blanking them would only give them away. */
const SECRET_CHARS_MIN = 6

function hidden(text: string, secrets: readonly string[]): string {
  let shown = text
  for (const secret of secrets) {
    if (secret.length >= SECRET_CHARS_MIN) shown = shown.replaceAll(secret, '***')
  }
  return shown.length <= DETAIL_CHARS_MAX ? shown : `${shown.slice(0, DETAIL_CHARS_MAX)}…`
}
