/**
 * Sends work to agents: first the assignment is stored, with the next attempt number, then it is
 * sent. A frame that was never sent, or never answered, only burns its attempt number.
 */
import type { AssignInput } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { KafkaSecrets, MaxComputeSecrets } from '../job/source.ts'
import type { Database } from '../store/database.ts'
import { readLedger } from '../store/ledger/read-ledger.ts'
import type { ActiveRun } from './active-run.ts'
import { expectedBlocks } from './commit.ts'
import type { JobSource } from './job-source.ts'
import type { AgentLink } from './link-port.ts'
import { kafkaConnection, maxComputeConnection } from './run-sources.ts'
import { stepOf, type StepKind } from './run-state.ts'
import type { RunWriter } from './run-writer.ts'
import { sliceWorkId, stepWorkId } from './work-id.ts'
import {
  assignment,
  completeSpec,
  openSpec,
  planSpec,
  publishSpec,
  sliceSpec,
  verifySpec,
  type Connections,
} from './work-spec.ts'

/** Work that could not be sent is offered again after this. */
const NOT_SENT_RETRY_MS = 200

export interface DispatchDeps {
  readonly db: Database
  readonly link: AgentLink
  readonly jobs: JobSource
  readonly writer: RunWriter
  readonly nowMs: () => number
}

export class Dispatch {
  readonly #deps: DispatchDeps

  constructor(deps: DispatchDeps) {
    this.#deps = deps
  }

  /**
   * Inside the run's `exclusive`. Throws when a secret cannot be had: the message is for the user.
   * Since the round was planned the run may have ended, or lost its session: then nothing is sent.
   */
  async slice(run: ActiveRun, sliceNo: number, agentId: string): Promise<void> {
    const { writer, link, nowMs } = this.#deps
    if (run.state.name !== 'running' || run.state.phase !== 'staging') return
    const slice = run.slices[sliceNo]
    if (slice === undefined || run.pinned === null || run.session === null) return
    const connections = await this.#connections(run)
    if (!(await writer.applySlice(run, sliceNo, { type: 'assign', agentId }))) return
    const ref = { workId: sliceWorkId(run.id, sliceNo), attempt: slice.state.attempt }
    const spec = sliceSpec(run.job, connections, { runId: run.id, ...run.pinned }, run.session, {
      sliceNo,
      ranges: slice.ranges,
    })
    if (link.assign(agentId, assignment(ref, { slice: spec }))) return
    const retryAtMs = nowMs() + NOT_SENT_RETRY_MS
    await writer.applySlice(run, sliceNo, { type: 'rejected', attempt: ref.attempt, retryAtMs })
  }

  /** Inside the run's `exclusive`. */
  async step(run: ActiveRun, agentId: string): Promise<void> {
    const { writer, link, nowMs } = this.#deps
    const wanted = stepOf(run.state)
    if (wanted?.holder.name !== 'pending') return
    const spec = await this.#stepSpec(run, wanted.kind)
    if (!(await writer.applyRun(run, { type: 'stepAssigned', agentId }))) return
    const attempt = run.state.stepAttempts
    const ref = { workId: stepWorkId(run.id, wanted.kind), attempt }
    if (link.assign(agentId, assignment(ref, spec))) return
    const retryAtMs = nowMs() + NOT_SENT_RETRY_MS
    await writer.applyRun(run, { type: 'stepLost', attempt, retryAtMs })
  }

  async #stepSpec(
    run: ActiveRun,
    kind: StepKind,
  ): Promise<Omit<AssignInput, 'workId' | 'attempt'>> {
    const { job } = run
    const connections = await this.#connections(run)
    if (kind === 'plan') {
      const ledger = await readLedger(this.#deps.db, run.identity.jobId, job.reader.topic)
      return { plan: planSpec(job, connections, ledger) }
    }
    if (kind === 'open') return { open: openSpec(job, connections) }
    const { plan } = pinnedOf(run)
    if (kind === 'publish') return { publish: publishSpec(job, connections, plan) }
    const uploadId = 'uploadId' in run.state ? run.state.uploadId : ''
    if (kind === 'verify') {
      return { verify: verifySpec(job, connections, uploadId, plan.topicId) }
    }
    const blocks = expectedBlocks(
      run.slices.map(({ state }, sliceNo) => ({
        sliceNo,
        rows: state.name === 'staged' ? state.rows : 0,
      })),
    )
    return { complete: completeSpec(job, connections, uploadId, blocks) }
  }

  async #connections(run: ActiveRun): Promise<Connections> {
    const { kafka, maxCompute } = run.sources
    const kafkaSecrets: KafkaSecrets =
      kafka.datasource === null
        ? run.jobSecrets.reader!
        : await this.#deps.jobs.kafkaSecrets(kafka.datasource)
    const maxComputeSecrets: MaxComputeSecrets =
      maxCompute.datasource === null
        ? run.jobSecrets.writer!
        : await this.#deps.jobs.maxComputeSecrets(maxCompute.datasource)
    return {
      kafka: kafkaConnection(kafka.source, kafkaSecrets),
      maxcompute: maxComputeConnection(maxCompute.source, maxComputeSecrets, run.job.writer),
    }
  }
}

function pinnedOf(run: ActiveRun): NonNullable<ActiveRun['pinned']> {
  if (run.pinned === null) throw new Error(`run ${run.id} is past planning and has no plan`)
  return run.pinned
}
