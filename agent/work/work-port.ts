/**
 * Where the agent's link and its data path meet. The link (supervisor thread) receives an Assign,
 * hands it to the executor, forwards progress and spools the result; the executor runs slices in
 * worker threads, so that a busy data path never delays a heartbeat.
 */
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { LogLineInput } from '../../proto/gen/sluice/agent/v1/LogLine.ts'
import type { ProgressInput } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'

export interface WorkReporter {
  /** At most every 500 ms an attempt; the link keeps only the latest. */
  progress(progress: ProgressInput): void
  /** Bounded by the link: a full log queue drops the oldest lines and says how many. */
  log(line: LogLineInput): void
  /** Sends a body too large for a control frame; resolves when the control plane has it. */
  deliverBulk(bulkId: string, body: Uint8Array): Promise<void>
}

export interface RunningWork {
  /** Never rejects: every failure is a Result with a WorkError. */
  readonly result: Promise<ResultInput>
  /** Idempotent. The result then is a WorkError CANCELLED, unless the work was already over. */
  cancel(reason: string): void
  /** Bytes a second, 0: no limit. Steps have none: it is nothing to them. */
  setSpeed(bytesPerSecond: number): void
}

export interface WorkExecutor {
  /** Slices at once. */
  readonly channels: number
  start(assign: Assign, reporter: WorkReporter): RunningWork
  /** Ends all worker threads; running work ends as CANCELLED. */
  close(): Promise<void>
}
