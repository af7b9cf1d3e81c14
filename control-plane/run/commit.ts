/**
 * The one place where Sluice's claim of exactly-once stands. A slice is a block: the plan's slice
 * number is the block's id in the run's upload session. The service publishes all blocks of a
 * session at once, and a block uploaded again under its id replaces the earlier one.
 *
 * I1  A run's offset ranges are fixed when it is planned and never change. Every try reads the same.
 * I2  A slice may be tried any number of times, by any agent, even by two at once: the block has the
 *     same id and the same rows.
 * I3  Nothing is visible before the session is completed. It is completed only after the store says
 *     COMMITTING, which it says only when every slice is staged, the dirty records are within the
 *     error limit, and the server's block list is exactly the plan's.
 * I4  From COMMITTING on there is only forward: whoever comes next asks the session for its status.
 *     `closed` is done, `normal` is completed, anything else is held for a person with the evidence.
 *     No new append session is ever opened for a run that may have committed.
 * I5  The row that says the run succeeded and the rows that advance the job's ledger are one
 *     transaction. The next run starts at the ledger's end: no gap, no overlap. The consumer group's
 *     offsets are published after that, for other tools to see.
 * I6  A session lost before COMMITTING costs nothing but time: new session, all slices pending.
 * I7  `truncate: true` is a session with overwrite: old rows go at the instant the new ones come.
 * I8  At most one unfinished run holds a job's ledger (a unique index). Committed ranges are
 *     remembered: an appending run that would read one again is refused, unless the user says so.
 * I9  What I1 rests on is checked: topic id and leader epochs are pinned with the ranges, and a topic
 *     that was recreated, truncated or compacted away under a run is a named failure before anything
 *     is visible. (Agents check before and after reading, and once more in the verify step.)
 *
 * What each part of the system contributes: plan/ cuts I1; run-state.ts allows no way into or out of
 * COMMITTING but I3's and I4's; the verify and complete steps run on an agent, which reports facts;
 * the decisions about those facts are below.
 */
import type { CompleteResult } from '../../proto/gen/sluice/agent/v1/CompleteResult.ts'
import type { VerifyResult } from '../../proto/gen/sluice/agent/v1/VerifyResult.ts'
import { forgetTarget } from '../store/committed-ranges/forget-target.ts'
import { insertCommittedRanges } from '../store/committed-ranges/insert-committed-ranges.ts'
import type { Database } from '../store/database.ts'
import { advanceLedger } from '../store/ledger/advance-ledger.ts'

/** The blocks that must stand on the server: those of slices that have rows (none writes no block). */
export function expectedBlocks(
  slices: readonly { readonly sliceNo: number; readonly rows: number }[],
): number[] {
  return slices.filter((slice) => slice.rows > 0).map((slice) => slice.sliceNo)
}

export type VerifyVerdict =
  /** I3 holds: the store may say COMMITTING. */
  | { readonly kind: 'exact' }
  /** Blocks that were reported staged are not there: those slices are read again. */
  | { readonly kind: 'missing'; readonly sliceNos: readonly number[] }
  /** Blocks that no slice accounts for: the session cannot be trusted, a new one can (I6). */
  | { readonly kind: 'surplus'; readonly blockIds: readonly number[] }
  /** The session is not open any more: lost, if it was never completed. */
  | { readonly kind: 'lost'; readonly status: string }
  /** Somebody has completed the session before the store said so: only a person can judge that. */
  | { readonly kind: 'alreadyClosed'; readonly status: string }

/** I3's last condition, from what the verify step saw. */
export function judgeVerify(expected: readonly number[], seen: VerifyResult): VerifyVerdict {
  if (/^(closed|closing|committing)$/.test(seen.sessionStatus)) {
    return { kind: 'alreadyClosed', status: seen.sessionStatus }
  }
  if (seen.sessionStatus !== 'normal') return { kind: 'lost', status: seen.sessionStatus }
  const onServer = new Set(seen.blockIds)
  const missing = expected.filter((sliceNo) => !onServer.has(sliceNo))
  if (missing.length > 0) return { kind: 'missing', sliceNos: missing }
  const wanted = new Set(expected)
  const surplus = seen.blockIds.filter((blockId) => !wanted.has(blockId))
  if (surplus.length > 0) return { kind: 'surplus', blockIds: surplus }
  return { kind: 'exact' }
}

/** I4: what the complete step's report means. */
export function judgeComplete(result: CompleteResult): 'committed' | 'unknown' {
  return result.outcome === 'COMMITTED' ? 'committed' : 'unknown'
}

export interface CommittedRun {
  readonly runId: number
  readonly jobId: number
  /** Table and partition spec, as one text. */
  readonly target: string
  /** I7: the run replaced the target's rows. */
  readonly overwrite: boolean
  /** The run began where the ledger said. */
  readonly beganAtLedger: boolean
  readonly topic: string
  readonly topicId: string
  /** Every topic partition of the plan, empty ranges too. */
  readonly ranges: readonly {
    readonly topicPartition: number
    readonly startOffset: number
    readonly endOffset: number
  }[]
}

/** I5 and I8, in the transaction `tx` in which the caller also stores that the run succeeded. */
export async function recordCommit(tx: Database, run: CommittedRun): Promise<void> {
  const { runId, jobId, target, topic, topicId } = run
  const ends = run.ranges.map((range) => ({
    topicPartition: range.topicPartition,
    nextOffset: range.endOffset,
  }))
  // An appending run that a person sent back to older offsets has filled a gap: the ledger stands.
  const onlyForward = !run.overwrite && !run.beganAtLedger
  await advanceLedger(tx, { jobId, runId, topic, topicId, ends, onlyForward })
  if (run.overwrite) await forgetTarget(tx, jobId, target)
  const ranges = run.ranges.filter((range) => range.endOffset > range.startOffset)
  await insertCommittedRanges(tx, { runId, jobId, target, topic, topicId, ranges })
}
