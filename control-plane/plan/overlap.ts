/**
 * DESIGN I8: an appending run that would read a range which its job has already committed to the
 * same target is refused.
 */
import type { OffsetRange } from './plan.ts'

/** A range that a run of the job has committed by appending. */
export interface CommittedRange extends OffsetRange {
  readonly runId: number
  /** project.schema.table/partition spec */
  readonly target: string
  readonly topic: string
  /** Empty: not known. */
  readonly topicId: string
}

export interface WantedRanges {
  readonly target: string
  readonly topic: string
  readonly topicId: string
  readonly ranges: readonly OffsetRange[]
}

/** What both runs would have appended, and the earlier one's id. */
export interface Overlap extends OffsetRange {
  readonly runId: number
}

/**
 * The first offsets (lowest topic partition, then lowest offset) that were committed before; of
 * several runs that committed them, the earliest. null: none.
 *
 * A topic that was deleted and made again starts over with its offsets: ranges under another
 * topic id do not count. Where one of the ids is not known they do, to be on the safe side.
 */
export function firstOverlap(
  wanted: WantedRanges,
  committed: readonly CommittedRange[],
): Overlap | null {
  const byPartition = new Map<number, CommittedRange[]>()
  for (const range of committed) {
    if (!isComparable(wanted, range)) continue
    const list = byPartition.get(range.topicPartition)
    if (list === undefined) byPartition.set(range.topicPartition, [range])
    else list.push(range)
  }
  let first: Overlap | null = null
  for (const range of wanted.ranges) {
    for (const earlier of byPartition.get(range.topicPartition) ?? []) {
      const overlap = intersection(range, earlier)
      if (overlap !== null && (first === null || compare(overlap, first) < 0)) first = overlap
    }
  }
  return first
}

function isComparable(wanted: WantedRanges, committed: CommittedRange): boolean {
  if (committed.target !== wanted.target || committed.topic !== wanted.topic) return false
  const isSameTopic = committed.topicId === wanted.topicId
  return isSameTopic || committed.topicId === '' || wanted.topicId === ''
}

function intersection(range: OffsetRange, earlier: CommittedRange): Overlap | null {
  const startOffset = Math.max(range.startOffset, earlier.startOffset)
  const endOffset = Math.min(range.endOffset, earlier.endOffset)
  if (startOffset >= endOffset) return null
  return { topicPartition: range.topicPartition, startOffset, endOffset, runId: earlier.runId }
}

function compare(a: Overlap, b: Overlap): number {
  return a.topicPartition - b.topicPartition || a.startOffset - b.startOffset || a.runId - b.runId
}

/** The refusal as a user reads it. */
export function overlapMessage(overlap: Overlap, topic: string, target: string): string {
  const { topicPartition, startOffset, endOffset, runId } = overlap
  return (
    `Run ${runId} of this job has already appended offsets ${startOffset} to ${endOffset - 1} of topic ${topic}, ` +
    `topic partition ${topicPartition}, to ${target}; appending them again would make duplicates. ` +
    `Begin after them ("beginType": "ledger" continues where the job stopped), use "truncate": true, ` +
    `or set "allowDuplicates": true in "setting" if duplicates are wanted.`
  )
}
