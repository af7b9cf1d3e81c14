/**
 * Where a run's ranges begin and end, from what the brokers said: pure.
 *
 * P1. A position that cannot be had is an error with its topic partition, never a near one, unless the
 *     job's autoOffsetReset says so; then a note says what was done.
 * P2. No end lies beyond the log's end at planning (with read_committed: the last stable offset).
 */
import type { Position } from '../../proto/gen/sluice/agent/v1/Position.ts'
import { WorkFailure } from './work-error.ts'

/** What is known of one topic partition. */
export interface PartitionFacts {
  readonly topicPartition: number
  readonly logStart: number
  /** P2. */
  readonly logEnd: number
  /** The same, asked for before the times were looked up. */
  readonly logEndBefore: number
  /** Of the time that begin or end names: first record at or after it; -1: none is late enough. */
  readonly beginAtTime: number
  readonly endAtTime: number
  /** null: the group has none for it. */
  readonly groupOffset: number | null
  /** null: the ledger has no row for it. */
  readonly ledgerOffset: number | null
}

export interface PositionRules {
  readonly topic: string
  readonly groupId: string
  readonly begin: Position
  readonly end: Position
  /** none | earliest | latest */
  readonly autoOffsetReset: string
}

export interface ResolvedRange {
  readonly topicPartition: number
  readonly startOffset: number
  readonly endOffset: number
}

/** Throws a `WorkFailure`: POSITION_INVALID or OFFSET_OUT_OF_RANGE. Notes are for the run's log. */
export function resolveRange(
  facts: PartitionFacts,
  rules: PositionRules,
  notes: string[],
): ResolvedRange {
  const { topicPartition } = facts
  const startOffset = withinLog(wantedBegin(facts, rules, notes), facts, rules, notes)
  const endOffset = wantedEnd(facts, rules)
  if (startOffset <= endOffset) return { topicPartition, startOffset, endOffset }
  if (isEmptyByTime(facts, rules)) return { topicPartition, startOffset: endOffset, endOffset }
  throw failure(
    'POSITION_INVALID',
    facts,
    rules,
    `begins at offset ${startOffset}, which is after its end ${endOffset}: correct the job's begin or end`,
  )
}

/** A time range may lie wholly after the last record: nothing to read, not a mistake. */
function isEmptyByTime({ beginAtTime }: PartitionFacts, { begin, end }: PositionRules): boolean {
  return begin.at === 'timeMs' && beginAtTime < 0 && end.at === 'timeMs'
}

interface Wanted {
  readonly offset: number
  /** How the offset came about, for a message. */
  readonly from: string
}

function wantedBegin(facts: PartitionFacts, rules: PositionRules, notes: string[]): Wanted {
  const { begin, groupId } = rules
  switch (begin.at) {
    case 'offset':
      return { offset: begin.offset ?? 0, from: 'the job' }
    case 'timeMs':
      return { offset: beginByTime(facts), from: 'the begin time' }
    case 'beginning':
      return { offset: facts.logStart, from: "the log's start" }
    case 'logEnd':
      return { offset: facts.logEnd, from: "the log's end" }
    case 'ledger':
      return { offset: facts.ledgerOffset ?? facts.logStart, from: "the job's ledger" }
    case 'groupOffset':
      if (facts.groupOffset !== null) {
        return { offset: facts.groupOffset, from: `group "${groupId}"` }
      }
      return groupReset(facts, rules, notes)
    case undefined:
    default:
      throw failure('POSITION_INVALID', facts, rules, 'has no begin position in the plan')
  }
}

/**
 * No record was late enough when the time was looked up: one that came since then may be, so the range
 * begins where the log ended before that. A record beyond P2's end is of the next run.
 */
function beginByTime({ beginAtTime, logEnd, logEndBefore }: PartitionFacts): number {
  return Math.min(beginAtTime < 0 ? logEndBefore : beginAtTime, logEnd)
}

function groupReset(facts: PartitionFacts, rules: PositionRules, notes: string[]): Wanted {
  const { autoOffsetReset, groupId } = rules
  const edge = edgeOf(autoOffsetReset, facts)
  if (edge === null) {
    throw failure(
      'POSITION_INVALID',
      facts,
      rules,
      `has no committed offset of consumer group "${groupId}": check groupId, or set autoOffsetReset to earliest or latest`,
      { group: groupId },
    )
  }
  notes.push(
    `${name(facts, rules)} has no committed offset of group "${groupId}": begins at ${edge} (autoOffsetReset ${autoOffsetReset})`,
  )
  return { offset: edge, from: 'autoOffsetReset' }
}

function withinLog(
  { offset, from }: Wanted,
  facts: PartitionFacts,
  rules: PositionRules,
  notes: string[],
): number {
  const { logStart, logEnd } = facts
  if (offset >= logStart && offset <= logEnd) return offset
  const what =
    offset < logStart
      ? `offset ${offset} of ${from} is gone: retention took offsets ${offset} to ${logStart - 1}, the log starts at ${logStart}`
      : `offset ${offset} of ${from} is beyond the log's end ${logEnd}`
  const edge = edgeOf(rules.autoOffsetReset, facts)
  if (edge === null) {
    const advice = 'begin elsewhere, or set autoOffsetReset to earliest or latest'
    throw failure('OFFSET_OUT_OF_RANGE', facts, rules, `${what}: ${advice}`, {
      offset: String(offset),
    })
  }
  notes.push(
    `${name(facts, rules)}: ${what}; begins at ${edge} (autoOffsetReset ${rules.autoOffsetReset})`,
  )
  return edge
}

function edgeOf(autoOffsetReset: string, { logStart, logEnd }: PartitionFacts): number | null {
  if (autoOffsetReset === 'earliest') return logStart
  return autoOffsetReset === 'latest' ? logEnd : null
}

function wantedEnd(facts: PartitionFacts, rules: PositionRules): number {
  const { end } = rules
  switch (end.at) {
    case 'offset':
      return Math.min(end.offset ?? 0, facts.logEnd)
    case 'timeMs':
      return facts.endAtTime < 0 ? facts.logEnd : Math.min(facts.endAtTime, facts.logEnd)
    case 'logEnd':
      return facts.logEnd
    case 'beginning':
    case 'groupOffset':
    case 'ledger':
    case undefined:
    default:
      throw failure('POSITION_INVALID', facts, rules, 'has no end position in the plan')
  }
}

function name({ topicPartition }: PartitionFacts, { topic }: PositionRules): string {
  return `topic partition ${topic}-${topicPartition}`
}

function failure(
  code: 'POSITION_INVALID' | 'OFFSET_OUT_OF_RANGE',
  facts: PartitionFacts,
  rules: PositionRules,
  what: string,
  where: Readonly<Record<string, string>> = {},
): WorkFailure {
  return new WorkFailure(code, `${name(facts, rules)} ${what}.`, {
    where: { topic: rules.topic, topicPartition: String(facts.topicPartition), ...where },
  })
}
