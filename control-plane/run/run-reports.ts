/**
 * What a report of an agent does to its run, and what follows from a run's state. Everything here
 * runs inside the run's `exclusive`; whether a report counts at all was decided before (C1 of
 * agent-reports.ts).
 */
import { randomInt } from 'node:crypto'

import type { Result } from '../../proto/gen/sluice/agent/v1/Result.ts'
import type { WorkError } from '../../proto/gen/sluice/agent/v1/WorkError.ts'
import type { ActiveRun } from './active-run.ts'
import { countExceeded, shareExceeded } from './error-limit.ts'
import type { AgentLink } from './link-port.ts'
import type { RunErrorCode } from './run-error-codes.ts'
import { isOver, stepOf } from './run-state.ts'
import { RunSteps, type RunStepsDeps } from './run-steps.ts'
import type { WorkFailure } from './work-failure.ts'
import { stepWorkId } from './work-id.ts'

export interface RunReportsDeps extends RunStepsDeps {
  readonly link: AgentLink
}

export class RunReports {
  readonly #deps: RunReportsDeps
  readonly #steps: RunSteps

  constructor(deps: RunReportsDeps) {
    this.#deps = deps
    this.#steps = new RunSteps(deps)
  }

  /** A person's word about a held run. */
  commitHeld(run: ActiveRun): Promise<void> {
    return this.#steps.commit(run, null)
  }

  async step(run: ActiveRun, agentId: string, result: Result): Promise<void> {
    const { attempt } = result
    if (stepOf(run.state)?.attempt !== attempt) return
    if (result.outcome !== 'error') run.lastFailure = null
    switch (result.outcome) {
      case 'plan':
        return this.#steps.planned(run, attempt, result.plan!)
      case 'open':
        return this.#steps.opened(run, attempt, result.open!)
      case 'verify':
        return this.#steps.verified(run, attempt, result.verify!)
      case 'complete':
        return this.#steps.completed(run, attempt, result.complete!)
      case 'publish':
        await this.#deps.writer.applyRun(run, { type: 'published', attempt })
        return
      default: {
        const failure = this.failureOf(result, agentId)
        this.logFailure(run, result.workId, failure)
        run.lastFailure = failure
        const sessionLost =
          failure.retry === 'RESTART_SESSION' &&
          run.state.name === 'running' &&
          run.state.phase === 'verifying'
        if (sessionLost) return this.#steps.sessionLost(run, failure)
        const random = randomInt(1_000) / 1_000
        await this.#deps.writer.applyRun(run, { type: 'stepFailed', attempt, failure, random })
      }
    }
  }

  /** A slice has found the upload session lost, or completed by somebody else. */
  async sessionOver(run: ActiveRun, failure: WorkFailure): Promise<void> {
    if (failure.retry === 'RESTART_SESSION') {
      this.cancelInFlight(run, 'the upload session is lost')
      return this.#steps.sessionLost(run, failure)
    }
    this.cancelInFlight(run, 'the upload session was completed by somebody else')
    return this.#steps.closedByOthers(run, null, 'closed')
  }

  /** C2 of coordinator.ts. Inside the run's `exclusive`. */
  async settle(run: ActiveRun): Promise<void> {
    const { state, job } = run
    if (state.name === 'waiting') {
      await this.#deps.writer.applyRun(run, { type: 'started' })
    } else if (state.name === 'running' && state.phase === 'staging') {
      const { failed } = run.slices
      const totals = run.totals()
      // A slice that exceeds the limit alone ends by itself. What several add up to counts when they are
      // staged: then a person can see the records that the run failed for.
      const tooDirty = countExceeded(job.errorLimit, totals.dirtyRecordsStaged)
      const allStaged = totals.staged === run.slices.size
      const tooDirtyShare = allStaged
        ? shareExceeded(job.errorLimit, totals.dirtyRecords, totals.rows)
        : null
      if (failed !== null) {
        await this.#deps.writer.applyRun(run, { type: 'failed', failure: failed.error })
      } else if (tooDirty !== null || tooDirtyShare !== null) {
        const hint = `; see them with "sluice run dirty ${run.id}". Nothing was written`
        await this.fail(run, 'DIRTY_LIMIT_EXCEEDED', `${tooDirty ?? tooDirtyShare}${hint}`)
      } else if (allStaged) {
        await this.#deps.writer.applyRun(run, { type: 'allStaged' })
      }
    }
  }

  async fail(run: ActiveRun, code: RunErrorCode, message: string): Promise<void> {
    const failure: WorkFailure = {
      code,
      message,
      where: { job: run.identity.jobName },
      cause: '',
      retry: 'FATAL',
      workId: '',
      attempt: 0,
      agentId: null,
      atMs: this.#deps.nowMs(),
    }
    await this.#deps.writer.applyRun(run, { type: 'failed', failure })
  }

  /** A data source is gone. R5: a run that owes only its offsets owes nothing any more. */
  async undeliverable(run: ActiveRun, message: string): Promise<void> {
    if (run.state.name !== 'succeeded' || run.state.step === null) {
      return this.fail(run, 'DATASOURCE_GONE', message)
    }
    this.#deps.log.run(run, 'warn', `the group's offsets are not published: ${message}`)
    const { attempt } = run.state.step
    await this.#deps.writer.applyRun(run, { type: 'published', attempt })
  }

  cancelInFlight(run: ActiveRun, reason: string): void {
    for (const held of run.heldWork()) {
      if (isOver(run.state) && held.workId === stepWorkId(run.id, 'publish')) continue
      this.#deps.link.cancel(held.agentId, held, reason)
    }
  }

  failureOf(result: Result, agentId: string): WorkFailure {
    const error: WorkError = result.error ?? {
      code: 'INTERNAL',
      retry: 'BACKOFF',
      message: 'the agent sent a result without an outcome',
      where: {},
      cause: '',
      dirty: [],
    }
    const retry = error.retry === 'RETRY_UNSPECIFIED' ? 'BACKOFF' : error.retry
    return {
      code: error.code,
      message: error.message,
      where: error.where,
      cause: error.cause,
      retry,
      workId: result.workId,
      attempt: result.attempt,
      agentId,
      atMs: this.#deps.nowMs(),
    }
  }

  logFailure(run: ActiveRun, workId: string, failure: WorkFailure): void {
    const text = `${workId} attempt ${failure.attempt}: ${failure.code}: ${failure.message}`
    this.#deps.log.run(run, failure.retry === 'FATAL' ? 'error' : 'warn', text)
  }
}
