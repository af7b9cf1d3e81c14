/**
 * What runs on this agent, over all of its connections.
 *
 * W1. The same (work, attempt) gets the same answer, however often it is assigned; it never runs twice.
 *     When it is over and its result is gone it is stale: a control plane whose store went back in time
 *     hands out attempt numbers again, and must not wait for an attempt that does not run.
 * W2. Of one work only the highest attempt counts. A newer one drops the older; an older one is
 *     rejected as stale.
 * W3. Work runs on while there is no connection. What it ends with is spooled, then offered.
 * W4. A dropped attempt (stopped by reconcile, replaced, over the offline budget or the drain
 *     deadline) leaves no result: nobody waits for it.
 */
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { Assign } from '../../proto/gen/sluice/agent/v1/Assign.ts'
import type { InflightWorkInput } from '../../proto/gen/sluice/agent/v1/InflightWork.ts'
import type { ProgressInput } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import type { ReconcileDecision } from '../../proto/gen/sluice/agent/v1/ReconcileDecision.ts'
import type { RejectInput } from '../../proto/gen/sluice/agent/v1/Reject.ts'
import type { ResultInput } from '../../proto/gen/sluice/agent/v1/Result.ts'
import { FRAME_BYTES_MAX } from '../../proto/link-limits.ts'
import type { ChannelUse } from '../loops/heartbeat.ts'
import type { LogRing } from '../loops/log-ring.ts'
import type { RunningWork, WorkExecutor, WorkReporter } from '../work/work-port.ts'
import { linkDefinition } from './client.ts'
import type { ResultSpool } from './result-spool.ts'
import { workKey } from './work-ref.ts'
import type { WorkRef } from './work-ref.ts'

/** Steps and queries at once. */
const STEPS_MAX = 16
/** Answers remembered, by work: the oldest are forgotten first. */
const ANSWERS_MAX = 4096
/** A bulk body waits this long for the next session. */
const UPLINK_WAIT_MS = 60_000
/** Of a frame beside its Result. */
const FRAME_OVERHEAD_BYTES = 64

export type RejectReason = Extract<NonNullable<RejectInput['reason']>, string>

/** What the desk says to the control plane: the connection's outbox. */
export interface Uplink {
  accept(ref: WorkRef): void
  reject(ref: WorkRef, reason: RejectReason, message: string): void
  progress(progress: ProgressInput & WorkRef): void
  /** A result is in the spool. */
  result(ref: WorkRef): void
  deliverBulk(ref: WorkRef, bulkId: string, body: Uint8Array): Promise<void>
}

export interface WorkDeskOptions {
  readonly executor: WorkExecutor
  readonly spool: ResultSpool
  readonly ring: LogRing
  readonly clock: Clock
  readonly log: Logger
}

interface Running {
  readonly ref: WorkRef
  readonly takesChannel: boolean
  readonly work: RunningWork
  /** Resolves when it has left its channel; its result, if wanted, is spooled then. */
  ended: Promise<void>
  dropped: boolean
}

interface Answer {
  readonly attempt: number
  readonly rejected: { readonly reason: RejectReason; readonly message: string } | null
}

export class WorkDesk {
  readonly #options: WorkDeskOptions
  /** By workKey: bounded by channels, steps, and attempts that are being dropped. */
  readonly #running = new Map<string, Running>()
  readonly #answers = new Map<string, Answer>()
  readonly #idleWaiters: (() => void)[] = []
  /** Bounded by what runs. */
  readonly #uplinkWaiters: ((uplink: Uplink) => void)[] = []
  #uplink: Uplink | null = null
  #draining = false

  constructor(options: WorkDeskOptions) {
    this.#options = options
  }

  /** null: no session. Progress is lost then, results wait in the spool. */
  set uplink(uplink: Uplink | null) {
    this.#uplink = uplink
    if (uplink !== null) for (const wake of this.#uplinkWaiters.splice(0)) wake(uplink)
  }

  /** While true, new work is rejected. */
  set draining(draining: boolean) {
    this.#draining = draining
  }

  get use(): ChannelUse {
    const { channels } = this.#options.executor
    const used = this.#count((running) => running.takesChannel)
    return {
      channels,
      freeChannels: Math.max(0, channels - used),
      inflight: this.#running.size,
    }
  }

  /** For Hello. Attempts that are being dropped are no longer ours. */
  inflight(): InflightWorkInput[] {
    return [...this.#running.values()]
      .filter(({ ref, dropped }) => !dropped && !this.#options.spool.has(ref))
      .map(({ ref, takesChannel }) => ({ ...ref, takesChannel }))
  }

  assign(assign: Assign): void {
    const ref = { workId: assign.workId, attempt: assign.attempt }
    const answer = this.#answerBefore(ref) ?? this.#decide(assign, ref)
    this.#remember(ref.workId, answer)
    if (answer.rejected === null) {
      this.#uplink?.accept(ref)
      if (this.#options.spool.has(ref)) this.#uplink?.result(ref)
      return
    }
    const { reason, message } = answer.rejected
    this.#options.log.info({ ...ref, reason, message }, 'work rejected')
    this.#uplink?.reject(ref, reason, message)
  }

  /** Its answer is a Result with code CANCELLED, or whatever it ended with before. */
  cancel(ref: WorkRef, reason: string): void {
    this.#running.get(workKey(ref))?.work.cancel(reason)
  }

  /** Of work that is over or unknown: nothing to do. */
  setSpeed(ref: WorkRef, bytesPerSecond: number): void {
    this.#running.get(workKey(ref))?.work.setSpeed(bytesPerSecond)
  }

  /** Carries the verdicts out; resolves when stopped work has left its channels. */
  async reconcile(decisions: readonly ReconcileDecision[]): Promise<void> {
    await Promise.all(decisions.map((decision) => this.#carryOut(decision)))
  }

  /** Drops everything that runs; resolves when all of it has ended. */
  async dropAll(reason: string): Promise<void> {
    const all = [...this.#running.values()]
    for (const running of all) this.#drop(running, reason)
    await Promise.all(all.map((running) => running.ended))
  }

  /** Resolves when nothing runs (any more). */
  whenIdle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  #answerBefore(ref: WorkRef): Answer | null {
    if (this.#running.has(workKey(ref)) || this.#options.spool.has(ref)) {
      return { attempt: ref.attempt, rejected: null } // W1
    }
    const before = this.#answers.get(ref.workId)
    if (before === undefined || before.attempt < ref.attempt) return null
    if (before.attempt === ref.attempt && before.rejected !== null) return before // W1
    // W1, W2
    const message = `attempt ${before.attempt} of ${ref.workId} was assigned here already`
    return { attempt: ref.attempt, rejected: { reason: 'STALE_ATTEMPT', message } }
  }

  #decide(assign: Assign, ref: WorkRef): Answer {
    const older = this.#newestOf(ref.workId)
    const rejected = this.#reasonToReject(assign, older !== undefined)
    if (rejected !== null) return { attempt: ref.attempt, rejected }
    if (older !== undefined) this.#drop(older, 'a newer attempt was assigned') // W2
    this.#start(assign, ref)
    return { attempt: ref.attempt, rejected: null }
  }

  #reasonToReject(assign: Assign, replaces: boolean): Answer['rejected'] {
    if (assign.spec === undefined || assign[assign.spec] === null) {
      return {
        reason: 'UNSUPPORTED',
        message: 'this agent does not know that kind of work: upgrade it',
      }
    }
    if (this.#draining) return { reason: 'DRAINING', message: 'the agent finishes what it has' }
    const takesChannel = assign.spec === 'slice'
    const max = takesChannel ? this.#options.executor.channels : STEPS_MAX
    const used = this.#count((running) => running.takesChannel === takesChannel)
    if (!replaces && used >= max) {
      const what = takesChannel ? 'channels' : 'places for steps'
      return { reason: 'FULL', message: `all ${max} ${what} are in use` }
    }
    // Asked about itself, an agent answers also when its disk is full: that is then the answer.
    if (assign.spec === 'test' || assign.spec === 'diagnose') return null
    const noRoom = this.#options.spool.noRoom(this.#running.size)
    return noRoom === null ? null : { reason: 'NO_DISK', message: noRoom }
  }

  #start(assign: Assign, ref: WorkRef): void {
    this.#options.log.info({ ...ref, work: assign.spec }, 'work starts')
    const running: Running = {
      ref,
      takesChannel: assign.spec === 'slice',
      work: this.#options.executor.start(assign, this.#reporter(ref)),
      ended: Promise.resolve(),
      dropped: false,
    }
    this.#running.set(workKey(ref), running)
    running.ended = this.#finish(running)
  }

  async #finish(running: Running): Promise<void> {
    const { ref } = running
    let result: ResultInput
    try {
      result = await running.work.result
    } catch (error) {
      // The executor promises never to reject; were it to, the run must hear of it.
      result = failure('INTERNAL', `the work ended without a result: ${String(error)}`)
    }
    if (!running.dropped) {
      const bytes = this.#encode({ ...result, ...ref })
      await this.#options.spool.put(ref, bytes)
    }
    this.#running.delete(workKey(ref))
    this.#options.log.info(
      { ...ref, dropped: running.dropped, errorCode: result.error?.code },
      'work ends',
    )
    // Dropped while it was written (W4).
    if (running.dropped) await this.#options.spool.drop(ref)
    else this.#uplink?.result(ref)
    if (this.#running.size === 0) for (const wake of this.#idleWaiters.splice(0)) wake()
  }

  #encode(result: ResultInput): Uint8Array {
    const finishedAtMs = result.finishedAtMs ?? this.#options.clock.nowMs()
    const bytes = linkDefinition.Result.serialize({ ...result, finishedAtMs })
    if (bytes.length <= FRAME_BYTES_MAX - FRAME_OVERHEAD_BYTES) return bytes
    const { workId = '', attempt = 0 } = result
    const message = `the result of ${workId} takes ${bytes.length} bytes, a frame holds ${FRAME_BYTES_MAX}`
    return linkDefinition.Result.serialize({
      ...failure('INTERNAL', message),
      workId,
      attempt,
      finishedAtMs,
    })
  }

  #reporter(ref: WorkRef): WorkReporter {
    return {
      progress: (progress) => this.#uplink?.progress({ ...progress, ...ref }),
      log: (line) => this.#options.ring.push({ ...line, ...ref }),
      deliverBulk: async (bulkId, body) => {
        const uplink = this.#uplink ?? (await this.#nextUplink())
        await uplink.deliverBulk(ref, bulkId, body)
      },
    }
  }

  #nextUplink(): Promise<Uplink> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(UPLINK_WAIT_MS, () => {
        this.#uplinkWaiters.splice(this.#uplinkWaiters.indexOf(wake), 1)
        reject(new Error(`no connection to the control plane for ${UPLINK_WAIT_MS} ms`))
      })
      const wake = (uplink: Uplink): void => {
        cancel()
        resolve(uplink)
      }
      this.#uplinkWaiters.push(wake)
    })
  }

  async #carryOut({ workId, attempt, verdict }: ReconcileDecision): Promise<void> {
    const ref = { workId, attempt }
    const running = this.#running.get(workKey(ref))
    switch (verdict) {
      case 'STOP':
        if (running === undefined) return this.#options.spool.drop(ref) // it has ended meanwhile
        this.#drop(running, 'the control plane does not want this attempt any more')
        return running.ended
      case 'DROP_RESULT':
        return this.#options.spool.drop(ref)
      case 'KEEP':
      case 'SEND_RESULT':
      case 'VERDICT_UNSPECIFIED':
        // Every spooled result is offered when the session is open; silence never deletes anything.
        return
    }
  }

  #drop(running: Running, reason: string): void {
    running.dropped = true
    running.work.cancel(reason)
  }

  #newestOf(workId: string): Running | undefined {
    return [...this.#running.values()].find(({ ref, dropped }) => ref.workId === workId && !dropped)
  }

  #count(matches: (running: Running) => boolean): number {
    return [...this.#running.values()].filter(matches).length
  }

  #remember(workId: string, answer: Answer): void {
    const before = this.#answers.get(workId)
    if (before !== undefined && before.attempt > answer.attempt) return
    this.#answers.delete(workId)
    this.#answers.set(workId, answer)
    if (this.#answers.size <= ANSWERS_MAX) return
    const [oldest] = this.#answers.keys()
    if (oldest !== undefined) this.#answers.delete(oldest)
  }
}

function failure(code: string, message: string): ResultInput {
  return { outcome: 'error', error: { code, retry: 'FATAL', message } }
}
