/**
 * Executes what the control plane assigns: slices in worker threads, the light steps in this one.
 *
 * X1. Every started work ends in exactly one Result; nothing here rejects.
 * X2. Secrets of the connections live in memory, for as long as the work does.
 */
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { Diagnose } from '../doctor/diagnose.ts'
import { runProbe } from '../probe/run-probe.ts'
import { runComplete } from './complete-step.ts'
import { describeWork } from './describe-work.ts'
import { runOpen } from './open-step.ts'
import { runPlan } from './plan-step.ts'
import { runPublish } from './publish-step.ts'
import { runQuery } from './query-step.ts'
import { SlicePool } from './slice-pool.ts'
import type { EncodingChoice } from './slice-runner.ts'
import type { StepContext } from './step.ts'
import { runVerify } from './verify-step.ts'
import { toWorkError, WorkFailure } from './work-error.ts'
import type { RunningWork, WorkExecutor, WorkReporter } from './work-port.ts'

export interface ExecutorOptions {
  /** Slices at once. */
  readonly channels: number
  /** Where the thread's entry lies in a bundle; absent: beside this file. */
  readonly workerUrl?: URL
  readonly encoding?: EncodingChoice
  /** What is asked about the host itself; absent: such questions are refused. */
  readonly diagnose?: Diagnose
}

export function createWorkExecutor(options: ExecutorOptions): WorkExecutor {
  return new Executor(options)
}

/** A bundle has the ending of its own files. */
function besideThisFile(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.') + 1)
  return new URL(`./slice-worker.${extension}`, import.meta.url)
}

/** A result without what every result has. */
type Outcome = Omit<ResultInput, 'workId' | 'attempt' | 'finishedAtMs'>

class Executor implements WorkExecutor {
  readonly channels: number
  readonly #pool: SlicePool
  readonly #steps = new Set<AbortController>()
  readonly #diagnose: Diagnose | undefined

  constructor(options: ExecutorOptions) {
    const { channels, workerUrl = besideThisFile(), encoding = 'auto' } = options
    this.channels = channels
    this.#diagnose = options.diagnose
    this.#pool = new SlicePool({ channels, workerUrl, encoding })
  }

  start(assign: Assign, reporter: WorkReporter): RunningWork {
    return assign.slice
      ? this.#startSlice(assign, assign.slice, reporter)
      : this.#startStep(assign, reporter)
  }

  async close(): Promise<void> {
    const stopping = new WorkFailure('CANCELLED', 'The agent is stopping.', { retry: 'BACKOFF' })
    for (const step of this.#steps) step.abort(stopping)
    await this.#pool.close()
  }

  #startSlice(
    assign: Assign,
    spec: NonNullable<Assign['slice']>,
    reporter: WorkReporter,
  ): RunningWork {
    const { workId, attempt } = assign
    const running = this.#pool.run(spec, {
      progress: (progress) => reporter.progress({ workId, attempt, ...progress }),
      log: (level, message) => report(assign, reporter, level, message),
    })
    const result = running.outcome.then((ended) =>
      resultOf(assign, ended.kind === 'done' ? { slice: ended.result } : { error: ended.error }),
    )
    return {
      result,
      cancel: (reason) => running.cancel(reason),
      setSpeed: (bytesPerSecond) => running.setSpeed(bytesPerSecond),
    }
  }

  async #run(assign: Assign, context: StepContext, reporter: WorkReporter): Promise<Outcome> {
    if (assign.diagnose && this.#diagnose)
      return { diagnose: await this.#diagnose(assign.diagnose) }
    return runStep(assign, context, reporter)
  }

  #startStep(assign: Assign, reporter: WorkReporter): RunningWork {
    const cancelled = new AbortController()
    this.#steps.add(cancelled)
    const context: StepContext = {
      signal: cancelled.signal,
      log: (level, message) => report(assign, reporter, level, message),
    }
    const result = this.#run(assign, context, reporter)
      .catch((error: unknown): Outcome => {
        const why = cancelled.signal.aborted ? (cancelled.signal.reason as unknown) : error
        return { error: toWorkError(why, describeWork(assign)) }
      })
      .then((outcome) => resultOf(assign, outcome))
      .finally(() => this.#steps.delete(cancelled))
    const cancel = (reason: string): void =>
      cancelled.abort(new WorkFailure('CANCELLED', reason, { retry: 'BACKOFF' }))
    return { result, cancel, setSpeed: () => {} }
  }
}

async function runStep(
  assign: Assign,
  context: StepContext,
  reporter: WorkReporter,
): Promise<Outcome> {
  if (assign.plan) return { plan: await runPlan(assign.plan, context) }
  if (assign.open) return { open: await runOpen(assign.open, context) }
  if (assign.verify) return { verify: await runVerify(assign.verify, context) }
  if (assign.complete) return { complete: await runComplete(assign.complete, context) }
  if (assign.publish) {
    await runPublish(assign.publish, context)
    return { publish: {} }
  }
  if (assign.test) return { test: await runProbe(assign.test, context) }
  if (assign.query) return { query: await runQuery(assign.query, context, reporter) }
  throw new WorkFailure(
    'INTERNAL',
    `This agent does not know the kind of work of ${assign.workId}: upgrade the agent to the control plane's version.`,
  )
}

function resultOf({ workId, attempt }: Assign, outcome: Outcome): ResultInput {
  return { workId, attempt, finishedAtMs: Date.now(), ...outcome }
}

function report(
  { workId, attempt }: Assign,
  reporter: WorkReporter,
  level: 'info' | 'warn',
  message: string,
): void {
  reporter.log({ atMs: Date.now(), level, workId, attempt, message, fieldsJson: '' })
}
