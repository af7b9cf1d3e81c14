/**
 * Where a run with `beginType` ledger starts: the job's ledger against what the topic still holds.
 *
 * The ledger is the end of the job's last committed run (DESIGN I5), so starting there leaves no
 * gap and no overlap. What the log cannot give any more is named, never skipped silently.
 */
import type { AutoOffsetReset } from '../job/job.ts'

/** One row of the job's ledger for the topic. */
export interface LedgerRow {
  /** Empty: the broker was too old to tell. */
  readonly topicId: string
  readonly topicPartition: number
  readonly nextOffset: number
}

/** What the broker holds of a topic partition now: `[logStartOffset, logEndOffset)`. */
export interface LogBounds {
  readonly topicPartition: number
  readonly logStartOffset: number
  readonly logEndOffset: number
}

export interface LedgerStart {
  readonly topicPartition: number
  readonly startOffset: number
  /** Not in the ledger: new since the job's last run, or its first run. Starts at the log's start. */
  readonly isNew: boolean
}

/** `resumeOffset`: where `autoOffsetReset` lets the run go on; null: it does not. */
export type LedgerProblem =
  /** Retention or a deletion took `[firstLostOffset, endLostOffset)` before the job read it. */
  | {
      readonly kind: 'lost'
      readonly topicPartition: number
      readonly firstLostOffset: number
      readonly endLostOffset: number
      readonly resumeOffset: number | null
    }
  /** The log ends before the ledger: it was truncated, or the topic was made again. */
  | {
      readonly kind: 'ahead'
      readonly topicPartition: number
      readonly nextOffset: number
      readonly logEndOffset: number
      readonly resumeOffset: number | null
    }
  /** The ledger's offsets belong to a topic that was deleted; the one of the same name is new. */
  | { readonly kind: 'recreated'; readonly ledgerTopicId: string; readonly topicId: string }
  /** A topic partition of the ledger that the topic does not have. */
  | { readonly kind: 'gone'; readonly topicPartition: number; readonly nextOffset: number }

export interface LedgerResolution {
  /** One per topic partition of `bounds`, in ascending order. */
  readonly starts: readonly LedgerStart[]
  /** What is not as the ledger left it. Empty: the run continues exactly. */
  readonly problems: readonly LedgerProblem[]
  /** May the run go on? Under `autoOffsetReset` none only without problems. */
  readonly mayStart: boolean
}

/**
 * Start offsets of a run that continues at the ledger. `autoOffsetReset` decides where a topic
 * partition goes on whose ledger offset lies outside the log: `earliest` at the log's start,
 * `latest` at its end, `none` nowhere. A recreated topic or a missing topic partition always stops
 * the run: what its offsets mean is for a person to say.
 */
export function startsFromLedger(
  ledger: readonly LedgerRow[],
  topicId: string,
  bounds: readonly LogBounds[],
  autoOffsetReset: AutoOffsetReset,
): LedgerResolution {
  const problems: LedgerProblem[] = []
  const rows = new Map(ledger.map((row) => [row.topicPartition, row]))
  const foreign = ledger.find(
    (row) => row.topicId !== topicId && row.topicId !== '' && topicId !== '',
  )
  if (foreign !== undefined) {
    problems.push({ kind: 'recreated', ledgerTopicId: foreign.topicId, topicId })
  }
  const sorted = bounds.toSorted((a, b) => a.topicPartition - b.topicPartition)
  const starts = sorted.map((bound): LedgerStart => {
    const { topicPartition, logStartOffset } = bound
    const row = rows.get(topicPartition)
    rows.delete(topicPartition)
    if (row === undefined) return { topicPartition, startOffset: logStartOffset, isNew: true }
    const problem = problemOf(row, bound, autoOffsetReset)
    if (problem !== null) problems.push(problem)
    const startOffset = problem?.resumeOffset ?? row.nextOffset
    return { topicPartition, startOffset, isNew: false }
  })
  for (const { topicPartition, nextOffset } of rows.values()) {
    problems.push({ kind: 'gone', topicPartition, nextOffset })
  }
  const isFatal = problems.some(({ kind }) => kind === 'recreated' || kind === 'gone')
  const mayStart = problems.length === 0 || (autoOffsetReset !== 'none' && !isFatal)
  return { starts, problems, mayStart }
}

function problemOf(
  row: LedgerRow,
  bound: LogBounds,
  reset: AutoOffsetReset,
): Extract<LedgerProblem, { resumeOffset: number | null }> | null {
  const { topicPartition, nextOffset } = row
  const { logStartOffset, logEndOffset } = bound
  const edges = { none: null, earliest: logStartOffset, latest: logEndOffset }
  const resumeOffset = edges[reset]
  if (nextOffset < logStartOffset) {
    const lost = { firstLostOffset: nextOffset, endLostOffset: logStartOffset }
    return { kind: 'lost', topicPartition, ...lost, resumeOffset }
  }
  if (nextOffset <= logEndOffset) return null
  return { kind: 'ahead', topicPartition, nextOffset, logEndOffset, resumeOffset }
}

/** The problem as a user reads it. */
export function ledgerProblemMessage(problem: LedgerProblem, topic: string): string {
  switch (problem.kind) {
    case 'lost': {
      const { topicPartition, firstLostOffset, endLostOffset } = problem
      return (
        `Offsets ${firstLostOffset} to ${endLostOffset - 1} of topic ${topic}, topic partition ${topicPartition}, ` +
        `were deleted before this job read them (the log starts at ${endLostOffset} now). Those records are lost to the job; ` +
        `lengthen the topic's retention. ${goesOn(problem.resumeOffset)}`
      )
    }
    case 'ahead': {
      const { topicPartition, nextOffset, logEndOffset } = problem
      return (
        `This job has read topic ${topic}, topic partition ${topicPartition}, up to offset ${nextOffset}, but the log ends at ${logEndOffset}: ` +
        `it was truncated, or the topic was made again. ${goesOn(problem.resumeOffset)}`
      )
    }
    case 'recreated':
      return (
        `Topic ${topic} was deleted and made again (its id was ${problem.ledgerTopicId} and is ${problem.topicId}), ` +
        `so the job's ledger says nothing about it. Set "beginType": "earliest" for one run to start over.`
      )
    default:
      return (
        `This job has read topic ${topic}, topic partition ${problem.topicPartition}, up to offset ${problem.nextOffset}, ` +
        `but the topic has no such topic partition now. Check that it is the right cluster and topic.`
      )
  }
}

function goesOn(resumeOffset: number | null): string {
  if (resumeOffset !== null) return `The run goes on at offset ${resumeOffset}.`
  return `Set "autoOffsetReset": "earliest" to go on at the log's start.`
}
