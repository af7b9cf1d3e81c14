import { BoundedWriter } from '../../lib/bounded-writer.ts'
import type { WritableSink } from '../../lib/bounded-writer.ts'
/**
 * What goes up on one connection.
 *
 * O1. Progress is coalesced: of each attempt the latest, at most one each progressMs, and only
 *     while the stream takes it. A new connection starts without any.
 * O2. Results are read from the spool one at a time, when the stream takes more; they stay in the
 *     spool until they are acknowledged, so that nothing here can lose one.
 * O3. Everything else (answers, beats) is small and must go out: when even that does not fit, the
 *     connection is given up.
 */
import type { Clock } from '../../lib/clock.ts'
import type { AgentFrameInput } from '../../proto/gen/sluice/agent/v1/AgentFrame.ts'
import type { ProgressInput } from '../../proto/gen/sluice/agent/v1/Progress.ts'
import { CONTROL_OUTBOX_BYTES_MAX } from '../../proto/link-limits.ts'
import { linkDefinition } from './client.ts'
import type { ResultSpool } from './result-spool.ts'
import { workKey } from './work-ref.ts'
import type { WorkRef } from './work-ref.ts'

type FrameKind = NonNullable<AgentFrameInput['frame']>

/** One frame's body under its kind: `{ accept: {...} }`. */
export type AgentFrameBody = {
  [K in FrameKind]: { readonly [P in K]: NonNullable<AgentFrameInput[K]> }
}[FrameKind]

export interface OutboxOptions {
  readonly stream: WritableSink<AgentFrameInput>
  readonly spool: ResultSpool
  readonly clock: Clock
  readonly progressMs: number
  /** The connection cannot be used any more (O3, or a result that cannot be read). */
  readonly onBroken: (why: string) => void
}

interface ProgressSlot {
  sentAtMs: number
  latest: (ProgressInput & WorkRef) | null
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #writer: BoundedWriter<AgentFrameInput>
  readonly #results: WorkRef[] = []
  /** By workKey; bounded by what runs: a slot goes with its attempt's result. */
  readonly #progress = new Map<string, ProgressSlot>()
  #epoch = 0
  #seq = 0
  #closed = false
  #sendingResults = false
  #cancelFlush: (() => void) | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
    const sizeOf = (frame: AgentFrameInput): number =>
      linkDefinition.AgentFrame.serialize(frame).length
    this.#writer = new BoundedWriter(options.stream, sizeOf, CONTROL_OUTBOX_BYTES_MAX)
  }

  /** Every later frame carries this. */
  set epoch(epoch: number) {
    this.#epoch = epoch
  }

  send(body: AgentFrameBody): void {
    if (this.#closed) return
    this.#seq += 1
    const frame = { ...body, sessionEpoch: this.#epoch, seq: this.#seq }
    if (!this.#writer.offer(frame)) this.#options.onBroken('the control plane does not read') // O3
  }

  progress(progress: ProgressInput & WorkRef): void {
    if (this.#closed) return
    const key = workKey(progress)
    const slot = this.#progress.get(key) ?? { sentAtMs: -Infinity, latest: null }
    slot.latest = progress
    this.#progress.set(key, slot)
    this.#flushProgress()
  }

  result(ref: WorkRef): void {
    if (this.#closed) return
    this.#progress.delete(workKey(ref))
    this.#results.push(ref)
    void this.#sendResults()
  }

  close(): void {
    this.#closed = true
    this.#cancelFlush?.()
    this.#progress.clear()
    this.#results.length = 0
  }

  /** O1 */
  #flushProgress(): void {
    const { clock, progressMs } = this.#options
    const nowMs = clock.monotonicMs()
    let nextDueMs = Infinity
    for (const slot of this.#progress.values()) {
      if (slot.latest === null) continue
      const dueMs = slot.sentAtMs + progressMs
      if (dueMs > nowMs || !this.#writer.isFlowing) {
        nextDueMs = Math.min(nextDueMs, Math.max(dueMs, nowMs + progressMs / 4))
        continue
      }
      const progress = slot.latest
      slot.latest = null
      slot.sentAtMs = nowMs
      this.send({ progress })
    }
    if (nextDueMs === Infinity || this.#cancelFlush !== null) return
    this.#cancelFlush = clock.after(nextDueMs - nowMs, () => {
      this.#cancelFlush = null
      this.#flushProgress()
    })
  }

  /** O2 */
  async #sendResults(): Promise<void> {
    if (this.#sendingResults) return
    this.#sendingResults = true
    try {
      for (;;) {
        while (!this.#writer.isFlowing) await this.#drained()
        const ref = this.#results.shift()
        if (ref === undefined || this.#closed) return
        const bytes = await this.#options.spool.read(ref)
        if (bytes === null) continue // acknowledged meanwhile
        this.send({ result: linkDefinition.Result.deserialize(Buffer.from(bytes)) })
      }
    } catch (error) {
      this.#options.onBroken(`a spooled result cannot be read: ${String(error)}`)
    } finally {
      this.#sendingResults = false
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => this.#options.stream.once('drain', () => resolve()))
  }
}
