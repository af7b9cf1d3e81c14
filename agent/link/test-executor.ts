import { EventEmitter, once } from 'node:events'

import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { RunningWork, WorkExecutor, WorkReporter } from '../work/work-port.ts'

export interface StartedWork {
  readonly assign: Assign
  readonly reporter: WorkReporter
  cancelledBecause: string | null
  /** Limits that it was told while it ran. */
  readonly speeds: number[]
  finish(result?: ResultInput): void
}

/** Starts nothing: work ends when the test says so, or as CANCELLED when it is cancelled. */
export class TestExecutor implements WorkExecutor {
  readonly channels: number
  readonly started: StartedWork[] = []
  /** Cancelled work goes on until the test ends it. */
  ignoresCancel = false
  isClosed = false
  readonly #emitter = new EventEmitter()

  constructor(channels: number) {
    this.channels = channels
  }

  start(assign: Assign, reporter: WorkReporter): RunningWork {
    const { promise, resolve } = Promise.withResolvers<ResultInput>()
    const work: StartedWork = {
      assign,
      reporter,
      cancelledBecause: null,
      speeds: [],
      finish: (result = { slice: { rows: 1 } }) => resolve(result),
    }
    this.started.push(work)
    this.#emitter.emit('started')
    return {
      result: promise,
      setSpeed: (bytesPerSecond) => work.speeds.push(bytesPerSecond),
      cancel: (reason) => {
        work.cancelledBecause ??= reason
        if (!this.ignoresCancel) resolve({ error: { code: 'CANCELLED', message: reason } })
      },
    }
  }

  async work(nth: number): Promise<StartedWork> {
    for (;;) {
      const work = this.started[nth - 1]
      if (work !== undefined) return work
      await once(this.#emitter, 'started')
    }
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}
