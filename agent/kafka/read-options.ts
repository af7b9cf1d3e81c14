import type { ReadProgress } from './read-progress.ts'

export interface ReadOptions {
  readonly isolation: 'read_committed' | 'read_uncommitted'
  /**
   * What the plan pinned; each null skips its check. The epoch is that of `listOffsets` for the end of
   * the log, when the range's end was known to be readable.
   */
  readonly pinned: { readonly topicId: string | null; readonly leaderEpoch: number | null }
  readonly signal?: AbortSignal
  /** Asked for in one Fetch; a larger record batch is read all the same, up to batchBytesMax. */
  readonly fetchBytesMax?: number
  readonly fetchBytesMin?: number
  readonly fetchWaitMaxMs?: number
  /** Of one record batch, as stored and as decompressed. */
  readonly batchBytesMax?: number
  readonly noProgressMs?: number
  /** Kept up to date while reading. */
  readonly progress?: ReadProgress
}

export const FETCH_BYTES_MAX = 4 * 1024 * 1024
export const FETCH_WAIT_MAX_MS = 500
export const BATCH_BYTES_MAX = 128 * 1024 * 1024
export const NO_PROGRESS_MS = 120_000
