/**
 * What agents report of slices. Reports of one run that arrive while an earlier one is being written are
 * taken in together, in their order, by one write: a result is acknowledged when that write is durable.
 * C1 of agent-reports.ts and S1 of slice-state.ts are asked for each report by itself, at its turn.
 */
import { randomInt } from 'node:crypto'

import type { DirtyRecord } from '../../proto/gen/sluice/agent/v1/DirtyRecord.ts'
import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { Database } from '../store/database.ts'
import { replaceDirtyRecords } from '../store/dirty-records/replace-dirty-records.ts'
import type { ActiveRun } from './active-run.ts'
import type { RunLog } from './run-log.ts'
import type { RunReports } from './run-reports.ts'
import { isOver } from './run-state.ts'
import type { RunWriter, SliceTransition } from './run-writer.ts'

type Report =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'rejected'; readonly attempt: number; readonly retryAtMs: number }

/** In the inbox of its run. */
export interface SliceReport {
  readonly sliceNo: number
  readonly agentId: string
  readonly report: Report
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A transition, and what the log says when it took place. */
interface Taken {
  readonly transition: SliceTransition
  readonly done: () => void
}

interface SliceReportsDeps {
  readonly writer: RunWriter
  readonly log: RunLog
}

export class SliceReports {
  readonly #deps: SliceReportsDeps
  readonly #reports: RunReports
  readonly #settle: (run: ActiveRun) => Promise<void>

  /** `settle`: C2 of coordinator.ts, inside the run's `exclusive`. */
  constructor(
    deps: SliceReportsDeps,
    reports: RunReports,
    settle: (run: ActiveRun) => Promise<void>,
  ) {
    this.#deps = deps
    this.#reports = reports
    this.#settle = settle
  }

  /** Resolves when the report is durable, or known not to count. */
  take(run: ActiveRun, sliceNo: number, agentId: string, report: Report): Promise<void> {
    return new Promise((resolve, reject) => {
      run.inbox.push({ sliceNo, agentId, report, resolve, reject })
      if (run.inbox.length === 1) void run.exclusive(() => this.#takeAll(run))
    })
  }

  /** Never rejects. */
  async #takeAll(run: ActiveRun): Promise<void> {
    const reports = run.inbox.splice(0)
    try {
      await this.#carryOut(run, reports)
      await this.#settle(run)
    } catch (error) {
      for (const { reject } of reports) reject(error)
      return
    }
    for (const { resolve } of reports) resolve()
  }

  async #carryOut(run: ActiveRun, reports: readonly SliceReport[]): Promise<void> {
    let batch: Taken[] = []
    const write = async (): Promise<void> => {
      const taken = batch
      batch = []
      const applied = await this.#deps.writer.applySlices(
        run,
        taken.map(({ transition }) => transition),
      )
      for (const [i, { done }] of taken.entries()) if (applied[i]) done()
    }
    for (const report of reports) {
      if (isOfSession(report)) {
        await write()
        await this.#endOfSession(run, report)
      } else {
        const taken = this.#transition(run, report)
        if (taken !== null) batch.push(taken)
      }
    }
    await write()
  }

  async #endOfSession(run: ActiveRun, { sliceNo, agentId, report }: SliceReport): Promise<void> {
    if (report.kind !== 'result' || !holds(run, sliceNo, agentId, report.result.attempt)) return // C1
    const failure = this.#reports.failureOf(report.result, agentId)
    this.#reports.logFailure(run, report.result.workId, failure)
    run.lastFailure = failure
    await this.#reports.sessionOver(run, failure)
  }

  #transition(run: ActiveRun, { sliceNo, agentId, report }: SliceReport): Taken | null {
    const attempt = report.kind === 'result' ? report.result.attempt : report.attempt
    if (!holds(run, sliceNo, agentId, attempt)) return null // C1
    if (report.kind === 'rejected') {
      const event = { type: 'rejected', attempt, retryAtMs: report.retryAtMs } as const
      return { transition: { sliceNo, event }, done: () => {} }
    }
    const { result } = report
    return result.outcome === 'slice' && result.slice
      ? this.#staged(run, sliceNo, attempt, result.slice)
      : this.#failed(run, sliceNo, agentId, result)
  }

  #staged(
    run: ActiveRun,
    sliceNo: number,
    attempt: number,
    slice: NonNullable<Result['slice']>,
  ): Taken {
    const { rows, bytesRead, bytesSent, dirtyRecords, dirty, notes } = slice
    const event = {
      type: 'staged',
      attempt,
      figures: { rows, bytesRead, bytesSent, dirtyRecords },
    } as const
    const done = (): void => {
      run.lastFailure = null
      for (const note of notes) this.#deps.log.run(run, 'warn', `slice ${sliceNo}: ${note}`)
      const text = `${rows} rows, ${dirtyRecords} dirty records, ${bytesRead} bytes read, ${bytesSent} sent`
      this.#deps.log.run(run, 'info', `slice ${sliceNo} is staged: ${text}`)
    }
    return { transition: { sliceNo, event, ...keepDirty(run, sliceNo, attempt, dirty) }, done }
  }

  #failed(run: ActiveRun, sliceNo: number, agentId: string, result: Result): Taken {
    const failure = this.#reports.failureOf(result, agentId)
    const random = randomInt(1_000) / 1_000
    const { attempt } = result
    const event = { type: 'attemptFailed', attempt, failure, random } as const
    const dirty = result.error?.dirty ?? []
    const done = (): void => {
      run.lastFailure = failure
      this.#reports.logFailure(run, result.workId, failure)
    }
    return { transition: { sliceNo, event, ...keepDirty(run, sliceNo, attempt, dirty) }, done }
  }
}

/** C1. */
function holds(run: ActiveRun, sliceNo: number, agentId: string, attempt: number): boolean {
  return !isOver(run.state) && run.isHeldBy(sliceNo, agentId, attempt)
}

/** It says that the upload session is over: that concerns the run, not the slice alone. */
function isOfSession({ report }: SliceReport): boolean {
  if (report.kind === 'rejected') return false
  const { error } = report.result
  return error?.retry === 'RESTART_SESSION' || error?.code === 'SESSION_CLOSED'
}

/** A first attempt without dirty records has none to replace. */
function keepDirty(
  run: ActiveRun,
  sliceNo: number,
  attempt: number,
  dirty: readonly DirtyRecord[],
): Pick<SliceTransition, 'inTransaction'> {
  if (attempt === 1 && dirty.length === 0) return {}
  const { topic } = run.job.reader
  const records = dirty.map((record) => ({ ...record, topic, columnName: record.column }))
  return {
    inTransaction: (tx: Database) => replaceDirtyRecords(tx, run.id, sliceNo, records),
  }
}
