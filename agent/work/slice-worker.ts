/** Entry of a slice's worker thread. Secrets of the connections come by message and stay in memory. */
import { parentPort } from 'node:worker_threads'

import { describeSlice } from './describe-work.ts'
import { createReclaimer } from './reclaim.ts'
import type { FromWorker, ToWorker } from './slice-messages.ts'
import { runSlice, type SliceProgress } from './slice-runner.ts'
import { systemClock } from './step.ts'
import { Throttle } from './throttle.ts'
import { toWorkError, WorkFailure } from './work-error.ts'

/** Between two progress messages of a slice. */
const PROGRESS_EVERY_MS = 500

const port = parentPort
if (port === null) throw new Error('slice-worker.ts runs in a worker thread')
const post = (message: FromWorker): void => port.postMessage(message)

const reclaim = createReclaimer()
let current: { readonly cancelled: AbortController; readonly throttle: Throttle } | null = null

async function run({ spec, encoding }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
  const cancelled = new AbortController()
  const throttle = new Throttle(spec.bytesPerSecond, systemClock)
  current = { cancelled, throttle }
  try {
    const result = await runSlice(spec, {
      encoding,
      clock: systemClock,
      throttle,
      random: Math.random,
      signal: cancelled.signal,
      onProgress: thinned(),
      onLog: (level, message) => post({ type: 'log', level, message }),
      onPassed: reclaim,
    })
    post({ type: 'done', result })
  } catch (error) {
    const why = cancelled.signal.aborted ? (cancelled.signal.reason as unknown) : error
    post({ type: 'failed', error: toWorkError(why, describeSlice(spec)) })
  } finally {
    current = null
  }
}

/** Latest only, and not more often than the link wants it. */
function thinned(): (progress: SliceProgress) => void {
  let nextMs = 0
  return (progress) => {
    const nowMs = performance.now()
    if (nowMs < nextMs) return
    nextMs = nowMs + PROGRESS_EVERY_MS
    post({ type: 'progress', progress })
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'run':
      return void run(message)
    case 'cancel': {
      const reason = new WorkFailure('CANCELLED', message.reason, { retry: 'BACKOFF' })
      return current?.cancelled.abort(reason)
    }
    case 'speed':
      current?.throttle.setRate(message.bytesPerSecond)
  }
})
