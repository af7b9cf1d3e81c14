/**
 * A run whose job's stored version cannot be parsed any more: nothing can be handed out for it. It ends
 * alone, and the others go on. I4: one that may have committed is held for a person.
 */
import type { ActiveRunRow } from '../store/runs/load-active-runs.ts'
import type { WorkFailure } from './work-failure.ts'

export interface UnreadableEnd {
  readonly id: number
  readonly state: 'failed' | 'held' | 'succeeded'
  readonly error: WorkFailure | null
  readonly evidence: unknown
  readonly finishedAtMs: number | null
}

/** How the run ends. `problem`: why its job cannot be read. */
export function endOfUnreadable(row: ActiveRunRow, problem: string, nowMs: number): UnreadableEnd {
  const { id, uploadId } = row
  switch (row.state) {
    case 'succeeded': // R5: it owes only its offsets
      return { id, state: 'succeeded', error: null, evidence: null, finishedAtMs: nowMs }
    case 'committing': {
      const reason =
        `${problem}. The run was committing: look into the table, then say which with ` +
        `"sluice run resolve ${id}"`
      return { id, state: 'held', error: null, evidence: { reason, uploadId }, finishedAtMs: null }
    }
    case 'held':
      return { id, state: 'held', error: null, evidence: row.evidence ?? null, finishedAtMs: null }
    default: {
      const message = `${problem}. Nothing was written; apply the job again and start a new run`
      const error = unreadable(row, message, nowMs)
      return { id, state: 'failed', error, evidence: null, finishedAtMs: nowMs }
    }
  }
}

/** A person says that a held run, whose job nobody can read, has not committed. */
export function notCommittedUnreadable(row: UnreadableRow, nowMs: number): UnreadableEnd {
  const message = 'the upload session was not committed, says a user who looked'
  const error = { ...unreadable(row, message, nowMs), code: 'NOT_COMMITTED' }
  return { id: row.id, state: 'failed', error, evidence: null, finishedAtMs: nowMs }
}

type UnreadableRow = Pick<ActiveRunRow, 'id' | 'jobName'>

function unreadable({ jobName }: UnreadableRow, message: string, atMs: number): WorkFailure {
  return {
    code: 'JOB_UNREADABLE',
    message,
    where: { job: jobName },
    cause: '',
    retry: 'FATAL',
    workId: '',
    attempt: 0,
    agentId: null,
    atMs,
  }
}
