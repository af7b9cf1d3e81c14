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
import type { SpeedLimits } from './speed-limits.ts'
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
  readonly speed: SpeedLimits
}

const SECRETS_MS = 1_000

export interface PlannedSlice {
  readonly sliceNo: number
  readonly agentId: string
}

export class Dispatch {
  readonly #deps: DispatchDeps
  /** As they were read last. Bounded by the data sources that there are. */
  readonly #secrets = new Map<string, Promise<unknown>>()
  #secretsSinceMs = 0

  constructor(deps: DispatchDeps) {
    this.#deps = deps
  }

  /**
   * Secrets are read once for all that is handed out in SECRETS_MS: a changed one counts after that. A
   * busy control plane has a hundred rounds of hand-out in this time.
   */
  newRound(nowMs: number): void {
    if (Math.abs(nowMs - this.#secretsSinceMs) < SECRETS_MS) return
    this.#secrets.clear()
    this.#secretsSinceMs = nowMs
  }

  /**
   * Inside the run's `exclusive`. Throws when a secret cannot be had: the message is for the user.
   * Since the round was planned the run may have ended, or lost its session: then nothing is sent.
   */
  async slices(run: ActiveRun, planned: readonly PlannedSlice[]): Promise<void> {
    const { writer, nowMs } = this.#deps
    if (!mayHandOut(run)) return
    const connections = await this.#connections(run)
    const applied = await writer.applySlices(
      run,
      planned.map(({ sliceNo, agentId }) => ({ sliceNo, event: { type: 'assign', agentId } })),
    )
    const rate = this.#deps.speed.bytesPerSecond(run)
    const notSent = planned.filter(
      ({ sliceNo }, i) => applied[i] && !this.#send(run, sliceNo, connections, rate),
    )
    const retryAtMs = nowMs() + NOT_SENT_RETRY_MS
    await writer.applySlices(
      run,
      notSent.map(({ sliceNo }) => {
        const attempt = run.slices.get(sliceNo)!.state.attempt
        return { sliceNo, event: { type: 'rejected', attempt, retryAtMs } }
      }),
    )
  }

  #send(run: ActiveRun, sliceNo: number, connections: Connections, rate: number): boolean {
    const slice = run.slices.get(sliceNo)
    const held = run.slices.heldState(sliceNo)
    if (slice === undefined || held === null || run.session === null) return false
    const ref = { workId: sliceWorkId(run.id, sliceNo), attempt: held.attempt }
    const spec = sliceSpec(
      run.job,
      connections,
      { runId: run.id, ...pinnedOf(run) },
      run.session,
      { sliceNo, ranges: slice.ranges },
      rate,
    )
    if (!this.#deps.link.assign(held.agentId, assignment(ref, { slice: spec }))) return false
    this.#deps.speed.sent(ref, rate)
    return true
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
      run.slices.all.map(({ state }, sliceNo) => ({
        sliceNo,
        rows: state.name === 'staged' ? state.rows : 0,
      })),
    )
    return { complete: completeSpec(job, connections, uploadId, blocks) }
  }

  async #connections(run: ActiveRun): Promise<Connections> {
    const { kafka, maxCompute } = run.sources
    const { jobs } = this.#deps
    const kafkaSecrets: KafkaSecrets =
      kafka.datasource === null
        ? run.jobSecrets.reader!
        : await this.#once(`kafka ${kafka.datasource}`, () => jobs.kafkaSecrets(kafka.datasource!))
    const maxComputeSecrets: MaxComputeSecrets =
      maxCompute.datasource === null
        ? run.jobSecrets.writer!
        : await this.#once(`odps ${maxCompute.datasource}`, () =>
            jobs.maxComputeSecrets(maxCompute.datasource!),
          )
    return {
      kafka: kafkaConnection(kafka.source, kafkaSecrets),
      maxcompute: maxComputeConnection(maxCompute.source, maxComputeSecrets, run.job.writer),
    }
  }

  #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#secrets.get(key) as Promise<T> | undefined
    if (known !== undefined) return known
    const secrets = read()
    this.#secrets.set(key, secrets)
    return secrets
  }
}

function mayHandOut(run: ActiveRun): boolean {
  const { state, pinned, session } = run
  return (
    state.name === 'running' && state.phase === 'staging' && pinned !== null && session !== null
  )
}

function pinnedOf(run: ActiveRun): NonNullable<ActiveRun['pinned']> {
  if (run.pinned === null) throw new Error(`run ${run.id} is past planning and has no plan`)
  return run.pinned
}
