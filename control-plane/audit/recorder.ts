/**
 * Audit events on their way into the store.
 *
 * A1. Recording never waits and never throws: who is refused learns nothing from a slow store.
 * A2. One batch at a time, in the order of recording.
 * A3. While the store is away the batch is tried again; what finds the queue full is dropped, and
 *     how many were is said in the log and in an event of its own once the store is back.
 */
import type { Logger } from 'pino'

import type { Clock } from '../../lib/clock.ts'
import type { NewAuditEvent } from '../store/audit-events/insert-audit-events.ts'
import { StoreError } from '../store/database.ts'
import type { Audit, AuditEvent } from './audit.ts'

export const AUDIT_QUEUE_MAX = 10_000
const BATCH_MAX = 500
const RETRY_MS = 1_000
const MESSAGE_CHARS_MAX = 2_000
const DETAIL_CHARS_MAX = 4_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export interface AuditRecorder {
  readonly audit: Audit
  /** Writes what is queued, without trying again. */
  readonly close: () => Promise<void>
}

export function createAuditRecorder(options: {
  readonly write: (events: readonly NewAuditEvent[]) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}): AuditRecorder {
  const recorder = new QueuedRecorder(options)
  return { audit: (event) => recorder.record(event), close: () => recorder.close() }
}

class QueuedRecorder {
  readonly #write: (events: readonly NewAuditEvent[]) => Promise<void>
  readonly #clock: Clock
  readonly #log: Logger
  /** At most AUDIT_QUEUE_MAX, and the batch being written. */
  readonly #queue: NewAuditEvent[] = []
  #dropped = 0
  #closing = false
  #cancelRetry = (): void => {}
  #writing: Promise<void> | null = null

  constructor({ write, clock, log }: Parameters<typeof createAuditRecorder>[0]) {
    this.#write = write
    this.#clock = clock
    this.#log = log
  }

  record(event: AuditEvent): void {
    const stored = storedEvent(event, this.#clock.nowMs())
    this.#log.info({ audit: stored.kind, actor: stored.actor, peer: stored.peer }, stored.message)
    if (this.#queue.length >= AUDIT_QUEUE_MAX) {
      if (this.#dropped === 0) this.#log.error('audit events are dropped: the queue is full') // A3
      this.#dropped += 1
      return
    }
    this.#queue.push(stored)
    this.#writing ??= this.#drain()
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#cancelRetry()
    await this.#writing
    if (this.#queue.length === 0) return
    try {
      while (this.#queue.length > 0) await this.#writeBatch()
    } catch (error) {
      this.#log.error({ err: error, events: this.#queue.length }, 'audit events are lost')
    }
  }

  /** A2: ends when the queue is empty, or the recorder closes during an outage. */
  async #drain(): Promise<void> {
    await Promise.resolve() // A1: the caller goes on first; what it records next shares the batch
    while (this.#queue.length > 0) {
      try {
        await this.#writeBatch()
      } catch (error) {
        this.#log.warn({ err: error, queued: this.#queue.length }, 'cannot store audit events yet')
        if (this.#closing) break
        await this.#pause()
      }
    }
    this.#writing = null
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#queue.slice(0, BATCH_MAX)
    try {
      await this.#write(batch)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'UNAVAILABLE') throw error
      // Not an outage: the same again would fail again, and hold up all that follow.
      this.#log.error({ err: error, events: batch }, 'audit events cannot be stored')
    }
    this.#queue.splice(0, batch.length)
    if (this.#dropped > 0) this.#sayDropped()
  }

  #sayDropped(): void {
    const message = `${this.#dropped} audit events were dropped: the store was away for too long`
    this.#log.error(message)
    const detail = { dropped: this.#dropped }
    this.#dropped = 0
    const event = { kind: 'audit.dropped', actor: 'control plane', message, detail } as const
    this.#queue.push(storedEvent(event, this.#clock.nowMs()))
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(RETRY_MS, resolve)
      this.#cancelRetry = () => {
        cancel()
        resolve()
      }
    })
  }
}

function storedEvent(event: AuditEvent, atMs: number): NewAuditEvent {
  const { kind, actor, agentId, group, peer, message, detail } = event
  // Whoever is refused chooses what he says he is: only what a uuid column takes gets there.
  const isUuid = agentId !== undefined && UUID.test(agentId)
  return {
    atMs,
    kind,
    actor,
    agentId: isUuid ? agentId : null,
    groupName: group ?? null,
    peer: peer ?? null,
    message: cut(message),
    detail: boundedDetail(detail),
  }
}

function cut(message: string): string {
  return message.length <= MESSAGE_CHARS_MAX ? message : `${message.slice(0, MESSAGE_CHARS_MAX)}…`
}

function boundedDetail(detail: unknown): unknown {
  if (detail === undefined || detail === null) return null
  const chars = JSON.stringify(detail).length
  return chars <= DETAIL_CHARS_MAX ? detail : { leftOut: `${chars} characters of detail` }
}
