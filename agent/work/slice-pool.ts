/**
 * The worker threads of the data path.
 *
 * W1. A thread runs one slice at a time; there are at most `channels`, made when first needed and used again.
 * W2. Every run ends in exactly one outcome, also when its thread dies; a dead thread is replaced by the next run's.
 * W3. A cancelled slice that does not stop in time takes its thread with it.
 */
import { Worker } from 'node:worker_threads'

import type { SliceResultInput } from '../../proto/gen/sluice/agent/v1/SliceResult.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import type { WorkErrorInput } from '../../proto/gen/sluice/agent/v1/WorkError.ts'
import { describeSlice } from './describe-work.ts'
import type { FromWorker, ToWorker } from './slice-messages.ts'
import type { EncodingChoice, SliceProgress } from './slice-runner.ts'
import { toWorkError, WorkFailure } from './work-error.ts'

/** Of a thread's JavaScript heap. Blocks and fetches are buffers outside of it, bounded where they are made. */
const HEAP_MB_MAX = 160
const YOUNG_HEAP_MB_MAX = 4
/** W3. */
const CANCEL_GRACE_MS = 10_000

export type SliceOutcome =
  | { readonly kind: 'done'; readonly result: SliceResultInput }
  | { readonly kind: 'failed'; readonly error: WorkErrorInput }

export interface SliceListener {
  progress(progress: SliceProgress): void
  log(level: 'info' | 'warn', message: string): void
}

export interface RunningSlice {
  /** Never rejects. */
  readonly outcome: Promise<SliceOutcome>
  cancel(reason: string): void
  /** 0: no limit. Of a slice that is over: nothing happens. */
  setSpeed(bytesPerSecond: number): void
}

export interface SlicePoolOptions {
  readonly channels: number
  /** The entry of the thread: `slice-worker.ts`, or the bundle made of it. */
  readonly workerUrl: URL
  readonly encoding: EncodingChoice
}

export class SlicePool {
  readonly #options: SlicePoolOptions
  readonly #idle: SliceThread[] = []
  readonly #busy = new Set<SliceThread>()
  #closed = false

  constructor(options: SlicePoolOptions) {
    this.#options = options
  }

  run(spec: SliceSpec, listener: SliceListener): RunningSlice {
    const refusal = this.#refusal()
    if (refusal !== null) {
      const error = toWorkError(refusal, describeSlice(spec))
      const nothing = (): void => undefined
      const outcome = Promise.resolve({ kind: 'failed', error } as const)
      return { outcome, cancel: nothing, setSpeed: nothing }
    }
    const thread = this.#idle.pop() ?? new SliceThread(this.#options.workerUrl)
    this.#busy.add(thread)
    const outcome = thread.run(spec, this.#options.encoding, listener).finally(() => {
      this.#busy.delete(thread)
      if (thread.isAlive && !this.#closed) this.#idle.push(thread)
      else void thread.end()
    })
    return {
      outcome,
      cancel: (reason) => thread.cancel(reason),
      setSpeed: (bytesPerSecond) => thread.setSpeed(spec, bytesPerSecond),
    }
  }

  #refusal(): WorkFailure | null {
    if (this.#closed) {
      return new WorkFailure('CANCELLED', 'The agent is stopping.', { retry: 'BACKOFF' })
    }
    if (this.#busy.size < this.#options.channels) return null
    const message = `All ${this.#options.channels} channels of this agent are busy.`
    return new WorkFailure('INTERNAL', message, { retry: 'BACKOFF' })
  }

  /** Running slices end as CANCELLED. */
  async close(): Promise<void> {
    this.#closed = true
    const threads = [...this.#busy, ...this.#idle.splice(0)]
    for (const thread of this.#busy) thread.cancel('The agent is stopping.')
    await Promise.all(threads.map((thread) => thread.end()))
  }
}

class SliceThread {
  readonly #worker: Worker
  readonly #exited = Promise.withResolvers<void>()
  isAlive = true
  #spec: SliceSpec | null = null
  #listener: SliceListener | null = null
  #settle: ((outcome: SliceOutcome) => void) | null = null
  #cancelReason: string | null = null
  #graceTimer: NodeJS.Timeout | undefined
  /** The last error of the thread: its exit comes after it. */
  #death = ''

  constructor(workerUrl: URL) {
    this.#worker = new Worker(workerUrl, {
      name: 'slice',
      resourceLimits: {
        maxOldGenerationSizeMb: HEAP_MB_MAX,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MB_MAX,
      },
    })
    this.#worker.on('message', (message: FromWorker) => this.#received(message))
    this.#worker.on('error', (error: unknown) => {
      this.#death = error instanceof Error ? error.message : String(error)
    })
    this.#worker.on('exit', (code) => this.#died(code))
  }

  run(spec: SliceSpec, encoding: EncodingChoice, listener: SliceListener): Promise<SliceOutcome> {
    const { promise, resolve } = Promise.withResolvers<SliceOutcome>()
    this.#spec = spec
    this.#listener = listener
    this.#settle = resolve
    this.#cancelReason = null
    if (this.isAlive) this.#post({ type: 'run', spec, encoding })
    else this.#fail(new WorkFailure('WORKER_DIED', 'The thread is gone.', { retry: 'BACKOFF' }))
    return promise
  }

  cancel(reason: string): void {
    if (this.#settle === null || this.#cancelReason !== null) return
    this.#cancelReason = reason
    this.#post({ type: 'cancel', reason })
    this.#graceTimer = setTimeout(() => void this.end(), CANCEL_GRACE_MS)
  }

  /** The thread may run another slice by now. */
  setSpeed(spec: SliceSpec, bytesPerSecond: number): void {
    if (this.#spec === spec) this.#post({ type: 'speed', bytesPerSecond })
  }

  /** Ends the thread; a slice that it runs fails then. */
  async end(): Promise<void> {
    if (!this.isAlive) return
    void this.#worker.terminate()
    await this.#exited.promise
  }

  #post(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message)
  }

  #received(message: FromWorker): void {
    switch (message.type) {
      case 'progress':
        this.#listener?.progress(message.progress)
        return
      case 'log':
        this.#listener?.log(message.level, message.message)
        return
      case 'done':
        this.#finish({ kind: 'done', result: message.result })
        return
      case 'failed':
        this.#finish({ kind: 'failed', error: message.error })
    }
  }

  /** W2. */
  #died(code: number): void {
    this.isAlive = false
    const reason = this.#cancelReason
    this.#fail(
      reason === null
        ? new WorkFailure(
            'WORKER_DIED',
            `The worker thread ended with code ${code}${this.#death === '' ? '' : `: ${this.#death}`}. The slice is tried again; if it goes on, give the agent more memory or fewer channels.`,
            { retry: 'BACKOFF' },
          )
        : new WorkFailure('CANCELLED', reason, { retry: 'BACKOFF' }),
    )
    this.#exited.resolve()
  }

  #fail(failure: WorkFailure): void {
    if (this.#spec === null) return
    this.#finish({ kind: 'failed', error: toWorkError(failure, describeSlice(this.#spec)) })
  }

  #finish(outcome: SliceOutcome): void {
    clearTimeout(this.#graceTimer)
    this.#settle?.(outcome)
    this.#settle = null
    this.#listener = null
    // Its secrets are not needed any more.
    this.#spec = null
  }
}
