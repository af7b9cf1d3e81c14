/**
 * What a run does with the results of its steps: plan, open, verify, complete, publish. Each handler
 * runs inside the run's `exclusive`, after the report was found to be of the current attempt.
 * The decisions about commits are in commit.ts; numbers like I3 are its invariants.
 */
import type { CompleteResult } from '../../proto/gen/sluice/agent/v1/CompleteResult.ts'
import type { OpenResult } from '../../proto/gen/sluice/agent/v1/OpenResult.ts'
import type { PlanResult } from '../../proto/gen/sluice/agent/v1/PlanResult.ts'
import type { VerifyResult } from '../../proto/gen/sluice/agent/v1/VerifyResult.ts'
import type { Plan } from '../plan/plan.ts'
import { PlanInputError } from '../plan/split.ts'
import { findOverlap } from '../store/committed-ranges/find-overlap.ts'
import type { Database } from '../store/database.ts'
import { insertSlices } from '../store/slices/insert-slices.ts'
import { resetSlices } from '../store/slices/reset-slices.ts'
import { saveSlices } from '../store/slices/save-slices.ts'
import type { ActiveRun, PinnedPlan } from './active-run.ts'
import { expectedBlocks, judgeComplete, judgeVerify, recordCommit } from './commit.ts'
import type { RunErrorCode } from './run-error-codes.ts'
import type { RunLog } from './run-log.ts'
import { sliceChange } from './run-record.ts'
import { targetOf } from './run-sources.ts'
import type { RunWriter } from './run-writer.ts'
import type { ActiveSlice } from './slice-board.ts'
import { NEW_SLICE, nextSlice, type SliceState } from './slice-state.ts'
import type { WorkFailure } from './work-failure.ts'

export interface RunStepsDeps {
  readonly db: Database
  readonly writer: RunWriter
  readonly log: RunLog
  readonly nowMs: () => number
  /** plan/: cuts the pinned ranges into slices. */
  readonly makePlan: (run: ActiveRun, result: PlanResult) => Plan
}

export class RunSteps {
  readonly #deps: RunStepsDeps

  constructor(deps: RunStepsDeps) {
    this.#deps = deps
  }

  async planned(run: ActiveRun, attempt: number, result: PlanResult): Promise<void> {
    const { writer, log } = this.#deps
    const plan = this.#cut(run, result)
    if ('code' in plan) {
      await writer.applyRun(run, { type: 'failed', failure: plan })
      return
    }
    const pinned: PinnedPlan = { plan, planResult: result }
    for (const note of result.notes) log.run(run, 'warn', note)
    const refusal = await this.#overlap(run, plan)
    if (refusal !== null) {
      await writer.applyRun(run, { type: 'failed', failure: refusal }, { pinned })
      return
    }
    log.run(
      run,
      'info',
      `planned: ${plan.offsetCount} offsets of ${result.topicPartitions} topic partitions of ` +
        `${plan.topic} in ${plan.slices.length} slices`,
    )
    const { truncate, preSql, postSql } = run.job.writer
    if (plan.slices.length === 0 && !truncate && preSql.length + postSql.length === 0) {
      log.run(run, 'info', 'nothing to read: the run succeeds without an upload session')
      const event = { type: 'plannedNothing', attempt, publish: this.#publishes(run) } as const
      await writer.applyRun(run, event, {
        pinned,
        inTransaction: (tx) => recordCommit(tx, committedRun(run, plan)),
      })
      return
    }
    const slices: ActiveSlice[] = plan.slices.map((slice) => ({
      ranges: slice.ranges,
      state: NEW_SLICE,
    }))
    await writer.applyRun(
      run,
      { type: 'planned', attempt },
      { pinned, slices, inTransaction: (tx) => insertSlices(tx, run.id, plan.slices) },
    )
  }

  async opened(run: ActiveRun, attempt: number, result: OpenResult): Promise<void> {
    const { writer, log } = this.#deps
    for (const note of result.notes) log.run(run, 'warn', note)
    log.run(run, 'info', `upload session ${result.uploadId} is open`)
    const event = { type: 'opened', attempt, uploadId: result.uploadId } as const
    await writer.applyRun(run, event, { session: result })
  }

  /** I3. */
  async verified(run: ActiveRun, attempt: number, result: VerifyResult): Promise<void> {
    const { writer, log } = this.#deps
    const staged = run.slices.all.map(({ state }, sliceNo) => ({
      sliceNo,
      rows: state.name === 'staged' ? state.rows : -1,
    }))
    const unstaged = staged.filter((slice) => slice.rows < 0).map((slice) => slice.sliceNo)
    if (unstaged.length > 0) return this.#stageAgain(run, attempt, unstaged)
    const verdict = judgeVerify(expectedBlocks(staged), result)
    switch (verdict.kind) {
      case 'exact':
        log.run(run, 'info', `all ${run.slices.size} slices are staged; committing`)
        await writer.applyRun(run, { type: 'verified', attempt })
        return
      case 'missing':
        log.run(run, 'warn', `blocks ${shown(verdict.sliceNos)} are missing: read again`)
        return this.#stageAgain(run, attempt, verdict.sliceNos)
      case 'surplus':
        return this.sessionLost(
          run,
          this.#failure(
            run,
            'SESSION_LOST',
            `the upload session holds blocks that no slice accounts for (${shown(verdict.blockIds)})`,
          ),
        )
      case 'lost':
        return this.sessionLost(
          run,
          this.#failure(run, 'SESSION_LOST', `the upload session is ${verdict.status}`),
        )
      case 'alreadyClosed':
        return this.closedByOthers(run, attempt, verdict.status)
    }
  }

  /** I4: whether the rows are in the table, a person must say. `attempt` null: a slice found it. */
  async closedByOthers(run: ActiveRun, attempt: number | null, status: string): Promise<void> {
    const evidence = {
      reason:
        `the upload session is ${status}, but this run has not completed it: look into ` +
        `the table, then say which with "sluice run resolve ${run.id}"`,
      uploadId: 'uploadId' in run.state ? run.state.uploadId : '',
    }
    this.#deps.log.run(run, 'error', evidence.reason)
    await this.#deps.writer.applyRun(run, { type: 'outcomeUnknown', attempt, evidence })
  }

  /** I4, I5. */
  async completed(run: ActiveRun, attempt: number, result: CompleteResult): Promise<void> {
    const { log, writer } = this.#deps
    for (const note of result.notes) log.run(run, 'warn', note)
    if (judgeComplete(result) === 'committed') return this.commit(run, attempt)
    const evidence = {
      reason:
        `the upload session is ${result.sessionStatus || 'unknown'} after the commit was sent: look ` +
        `into the table, then say which with "sluice run resolve ${run.id}"`,
      sessionStatus: result.sessionStatus,
      evidence: result.evidence,
      uploadId: 'uploadId' in run.state ? run.state.uploadId : '',
    }
    log.run(run, 'error', evidence.reason)
    await writer.applyRun(run, { type: 'outcomeUnknown', attempt, evidence })
  }

  /** I5: by an agent's report, or (attempt null) by a person's word about a held run. */
  async commit(run: ActiveRun, attempt: number | null): Promise<void> {
    const plan = run.pinned?.plan
    if (plan === undefined) throw new Error(`run ${run.id} commits without a plan`)
    const event = { type: 'committed', attempt, publish: this.#publishes(run) } as const
    const done = await this.#deps.writer.applyRun(run, event, {
      inTransaction: (tx) => recordCommit(tx, committedRun(run, plan)),
    })
    if (!done) return
    this.#deps.log.run(run, 'info', `committed: ${summary(run, this.#deps.nowMs())}`)
  }

  /** I6. */
  async sessionLost(run: ActiveRun, failure: WorkFailure): Promise<void> {
    const { writer, log, nowMs } = this.#deps
    log.run(run, 'warn', `${failure.message}: opening a new session, all slices are read again`)
    const slices = run.slices.all.map((slice) => ({ ...slice, state: reset(slice.state, nowMs()) }))
    const done = await writer.applyRun(
      run,
      { type: 'sessionLost', failure },
      { slices, inTransaction: (tx) => resetSlices(tx, run.id, nowMs()) },
    )
    if (done) run.live.clear()
  }

  async #stageAgain(run: ActiveRun, attempt: number, sliceNos: readonly number[]): Promise<void> {
    const nowMs = this.#deps.nowMs()
    const again = new Set(sliceNos)
    const slices = run.slices.all.map((slice, sliceNo) =>
      again.has(sliceNo) ? { ...slice, state: this.#withoutBlock(run, slice, sliceNo) } : slice,
    )
    await this.#deps.writer.applyRun(
      run,
      { type: 'blocksMissing', attempt },
      {
        slices,
        inTransaction: (tx) => {
          const state = (sliceNo: number): SliceState => slices[sliceNo]!.state
          return saveSlices(
            tx,
            [...again].map((sliceNo) => sliceChange(run.id, sliceNo, state(sliceNo), nowMs)),
          )
        },
      },
    )
  }

  /** Counts as a failure of the slice: a service that keeps losing a block is not asked for ever. */
  #withoutBlock(run: ActiveRun, { state }: ActiveSlice, sliceNo: number): SliceState {
    const message = `block ${sliceNo} was staged, but the upload session does not list it`
    const failure = this.#failure(run, 'MAXCOMPUTE_ERROR', message)
    const agentId = 'agentId' in state ? state.agentId : null
    const event = { type: 'blockMissing', failure: { ...failure, agentId } } as const
    return nextSlice(state, event, this.#deps.nowMs()) ?? state
  }

  /** A result that cannot be planned with would come again and again: it ends the run. */
  #cut(run: ActiveRun, result: PlanResult): Plan | WorkFailure {
    try {
      return this.#deps.makePlan(run, result)
    } catch (error) {
      if (!(error instanceof PlanInputError)) throw error
      return this.#failure(
        run,
        'INTERNAL',
        `an agent answered with impossible ranges: ${error.message}`,
      )
    }
  }

  /** I8. */
  async #overlap(run: ActiveRun, plan: Plan): Promise<WorkFailure | null> {
    if (run.job.writer.truncate || run.job.allowDuplicates) return null
    const overlap = await findOverlap(this.#deps.db, {
      jobId: run.identity.jobId,
      topic: plan.topic,
      topicId: plan.topicId,
      ranges: plan.ranges.filter((range) => range.endOffset > range.startOffset),
    })
    if (overlap === null) return null
    const { topicPartition, startOffset, endOffset, runId } = overlap
    return this.#failure(
      run,
      'RANGE_ALREADY_COMMITTED',
      `run ${runId} of this job has already appended offsets ${startOffset} to ${endOffset - 1} of ` +
        `topic partition ${plan.topic}-${topicPartition}; appending them again would double rows. ` +
        `Start at the job's ledger ("beginType": "ledger"), overwrite ("truncate": true), or set ` +
        `"setting": {"allowDuplicates": true} if duplicates are wanted`,
    )
  }

  #publishes(run: ActiveRun): boolean {
    return run.job.reader.groupId !== null
  }

  #failure(run: ActiveRun, code: RunErrorCode, message: string): WorkFailure {
    return {
      code,
      message,
      where: { job: run.identity.jobName, topic: run.job.reader.topic },
      cause: '',
      retry: 'FATAL',
      workId: '',
      attempt: 0,
      agentId: null,
      atMs: this.#deps.nowMs(),
    }
  }
}

function committedRun(run: ActiveRun, plan: Plan): Parameters<typeof recordCommit>[1] {
  return {
    runId: run.id,
    jobId: run.identity.jobId,
    target: targetOf(run.sources.maxCompute.source, run.job.writer),
    overwrite: run.job.writer.truncate,
    beganAtLedger: run.job.reader.begin.kind === 'ledger',
    topic: plan.topic,
    topicId: plan.topicId,
    ranges: plan.ranges,
  }
}

function reset(state: SliceState, nowMs: number): SliceState {
  return nextSlice(state, { type: 'reset' }, nowMs) ?? state
}

/** The figures that a finished run is judged by, as DataWorks' logs close with them. */
function summary(run: ActiveRun, nowMs: number): string {
  const { rows, bytesRead, dirtyRecords } = run.totals()
  const seconds = Math.max(0.001, (nowMs - (run.startedAtMs ?? nowMs)) / 1000)
  const rate = `${Math.round(rows / seconds)} rows/s, ${Math.round(bytesRead / seconds)} B/s`
  return (
    `${rows} rows, ${dirtyRecords} dirty records, ${bytesRead} bytes read ` +
    `in ${seconds.toFixed(1)} s (${rate})`
  )
}

/** A few of many numbers, for a message. */
function shown(numbers: readonly number[]): string {
  const first = numbers.slice(0, 10).join(', ')
  return numbers.length > 10 ? `${first} and ${numbers.length - 10} more` : first
}
