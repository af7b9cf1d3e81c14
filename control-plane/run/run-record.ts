/** Between the rows of the store and the states of the pure machines. */
import type { ActiveRunRow } from '../store/runs/load-active-runs.ts'
import type { RunChange } from '../store/runs/save-run.ts'
import type { SliceRow } from '../store/slices/load-slices.ts'
import type { SliceChange } from '../store/slices/save-slices.ts'
import { stepOf, type RunState, type Step, type StepKind } from './run-state.ts'
import type { SliceState } from './slice-state.ts'
import type { WorkFailure } from './work-failure.ts'

/** What of a run changes with its state. */
export type RunStateColumns = Pick<
  RunChange,
  | 'state'
  | 'phase'
  | 'step'
  | 'stepAttempt'
  | 'stepAgentId'
  | 'stepAccepted'
  | 'stepRetries'
  | 'stepRetryAtMs'
  | 'committingSinceMs'
  | 'sessionsOpened'
  | 'uploadId'
  | 'error'
  | 'evidence'
>

export function runStateColumns(run: RunState): RunStateColumns {
  const step = stepOf(run)
  return {
    state: run.name,
    phase: run.name === 'running' ? run.phase : '',
    step: step?.kind ?? '',
    stepAttempt: run.stepAttempts,
    stepAgentId: step === null || step.holder.name === 'pending' ? null : step.holder.agentId,
    stepAccepted: step?.holder.name === 'accepted',
    stepRetries: step?.retries ?? 0,
    stepRetryAtMs: step?.holder.name === 'pending' ? step.holder.retryAtMs : 0,
    committingSinceMs: run.name === 'committing' ? run.sinceMs : null,
    sessionsOpened: run.sessionsOpened,
    uploadId: 'uploadId' in run ? run.uploadId : null,
    error: run.name === 'failed' ? run.error : null,
    evidence: run.name === 'held' ? run.evidence : null,
  }
}

export function runStateOf(row: ActiveRunRow): RunState {
  const counters = { stepAttempts: row.stepAttempt, sessionsOpened: row.sessionsOpened }
  const uploadId = row.uploadId ?? ''
  switch (row.state) {
    case 'waiting':
      return { name: 'waiting', ...counters }
    case 'planning':
      return { name: 'planning', step: stepOfRow(row), ...counters }
    case 'running':
      if (row.phase === 'opening') {
        return { name: 'running', phase: 'opening', step: stepOfRow(row), ...counters }
      }
      if (row.phase === 'verifying') {
        return { name: 'running', phase: 'verifying', uploadId, step: stepOfRow(row), ...counters }
      }
      return { name: 'running', phase: 'staging', uploadId, ...counters }
    case 'committing': {
      const sinceMs = row.committingSinceMs ?? 0
      return { name: 'committing', uploadId, sinceMs, step: stepOfRow(row), ...counters }
    }
    case 'succeeded':
      return { name: 'succeeded', step: row.step === '' ? null : stepOfRow(row), ...counters }
    case 'held':
      return {
        name: 'held',
        uploadId,
        evidence: (row.evidence ?? {}) as Record<string, unknown>,
        ...counters,
      }
    default:
      throw new Error(`run ${row.id} has the unknown state ${row.state}`)
  }
}

function stepOfRow(row: ActiveRunRow): Step {
  return {
    kind: row.step as StepKind,
    attempt: row.stepAttempt,
    retries: row.stepRetries,
    holder:
      row.stepAgentId === null
        ? { name: 'pending', retryAtMs: row.stepRetryAtMs }
        : { name: row.stepAccepted ? 'accepted' : 'assigned', agentId: row.stepAgentId },
  }
}

export function sliceChange(
  runId: number,
  sliceNo: number,
  slice: SliceState,
  atMs: number,
): SliceChange {
  const staged = slice.name === 'staged'
  return {
    runId,
    sliceNo,
    state: slice.name,
    attempt: slice.attempt,
    retries: slice.retries,
    lostInARow: slice.lostInARow,
    retryAtMs: slice.name === 'pending' ? slice.retryAtMs : 0,
    agentId: 'agentId' in slice ? slice.agentId : null,
    rows: staged ? slice.rows : 0,
    bytesRead: staged ? slice.bytesRead : 0,
    bytesSent: staged ? slice.bytesSent : 0,
    dirtyRecords: staged ? slice.dirtyRecords : 0,
    error: 'error' in slice ? slice.error : null,
    atMs,
  }
}

export function sliceStateOf(row: SliceRow): SliceState {
  const counters = { attempt: row.attempt, retries: row.retries, lostInARow: row.lostInARow }
  const agentId = row.agentId ?? ''
  switch (row.state) {
    case 'pending':
      return {
        name: 'pending',
        ...counters,
        retryAtMs: row.retryAtMs,
        error: row.error as WorkFailure | null,
      }
    case 'assigned':
    case 'running':
      return { name: row.state, ...counters, agentId }
    case 'staged': {
      const { rows, bytesRead, bytesSent, dirtyRecords } = row
      return { name: 'staged', ...counters, agentId, rows, bytesRead, bytesSent, dirtyRecords }
    }
    case 'failed':
      return { name: 'failed', ...counters, error: row.error as WorkFailure }
    default:
      throw new Error(`slice ${row.sliceNo} has the unknown state ${row.state}`)
  }
}
