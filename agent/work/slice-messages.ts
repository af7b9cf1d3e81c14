/** What the supervisor thread and a slice's worker thread say to each other. */
import type { SliceResultInput } from '../../proto/gen/sluice/agent/v1/SliceResult.ts'
import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import type { WorkErrorInput } from '../../proto/gen/sluice/agent/v1/WorkError.ts'
import type { EncodingChoice, SliceProgress } from './slice-runner.ts'

/** A thread runs one slice at a time: no message needs an id. */
export type ToWorker =
  | { readonly type: 'run'; readonly spec: SliceSpec; readonly encoding: EncodingChoice }
  | { readonly type: 'cancel'; readonly reason: string }
  /** 0: no limit. Of the slice that runs; without one it is nobody's. */
  | { readonly type: 'speed'; readonly bytesPerSecond: number }

export type FromWorker =
  | { readonly type: 'progress'; readonly progress: SliceProgress }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string }
  | { readonly type: 'done'; readonly result: SliceResultInput }
  | { readonly type: 'failed'; readonly error: WorkErrorInput }
