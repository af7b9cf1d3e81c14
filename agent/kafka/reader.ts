import { setTimeout as sleep } from 'node:timers/promises'

import { BatchDecoder } from './batch-decoder.ts'
import { BROKER_ERROR, brokerError, topicRecreated } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { BrokerConnection } from './connection.ts'
import { KafkaError } from './errors.ts'
import { refusal } from './out-of-range.ts'
import {
  BATCH_BYTES_MAX,
  FETCH_BYTES_MAX,
  FETCH_WAIT_MAX_MS,
  NO_PROGRESS_MS,
  type ReadOptions,
} from './read-options.ts'
import { newReadProgress, type ReadProgress } from './read-progress.ts'
import { completeBatches, type CompleteBatches } from './record-batch.ts'
import type { OffsetRange, RecordSpans } from './record-spans.ts'
import { fetchCall, type FetchAnswer } from './requests/fetch.ts'
import { sendCall } from './send-call.ts'
import { verifyLog } from './verify-log.ts'

export type { ReadOptions } from './read-options.ts'

/**
 * Reads one offset range over a connection of its own.
 *
 * R1. The records handed out are exactly those of the range, in offset order, each once: after any
 *     failure the read goes on at the decoder's position, or it ends with an error. Never a reset.
 * R2. One Fetch is ahead of the decoder, no more: at most two answers are in memory.
 * R3. An empty answer proves nothing (throttle, tiered storage, an open transaction): the read waits
 *     for a batch at or beyond the end, up to `noProgressMs` of waiting. The caller's own time between
 *     two batches does not count.
 * R4. After the last record the leader is asked whether topic id and leader epochs are still those of
 *     the plan; only then does the read end without an error.
 */

/** Beyond the wait: for a broker that is slow, not silent. */
const FETCH_GRACE_MS = 30_000
const BACKOFF_FIRST_MS = 20
const BACKOFF_MAX_MS = 1_000
/** Between two empty answers, should the broker not hold them back as asked. */
const EMPTY_PAUSE_MS = 10
/** A topic that vanished may be a broker that has not heard of it yet; not for longer than this. */
const TOPIC_GONE_MS = 5_000

/**
 * The records of `range` in offset order; each item is valid until the next is asked for.
 * Throws KafkaError: OFFSET_OUT_OF_RANGE, TOPIC_RECREATED, LOG_TRUNCATED, CORRUPT_BATCH,
 * BATCH_TOO_LARGE, UNSUPPORTED_FORMAT, NO_PROGRESS, NOT_AUTHORIZED, CANCELLED and others.
 */
export async function* readRange(
  cluster: Cluster,
  range: OffsetRange,
  options: ReadOptions,
): AsyncGenerator<RecordSpans> {
  const reader = new RangeReader(cluster, range, options)
  try {
    yield* reader.read()
  } finally {
    reader.close()
  }
}

type Outcome =
  | { readonly answer: FetchAnswer; readonly error: null }
  | { readonly answer: null; readonly error: KafkaError }

class RangeReader {
  readonly #cluster: Cluster
  readonly #range: OffsetRange
  readonly #options: ReadOptions
  readonly #progress: ReadProgress
  readonly #decoder: BatchDecoder
  readonly #batchBytesMax: number
  readonly #where: { topic: string; topicPartition: number; bootstrap: string }
  #connection: BrokerConnection | null = null
  #leaderEpoch = -1
  #topicId: string | null = null
  #metadataStale = false
  #inFlight: Promise<Outcome> | null = null
  /** KIP-74: raised for one batch that is larger than what is asked for normally. */
  #fetchBytes: number
  /** Grows with every reconnect and close: what was begun before must not install its connection. */
  #generation = 0
  #stopWaiting: (() => void) | null = null
  #waitedMs = 0
  /** Of the next wait, what the broker itself asked for. */
  #throttleMs = 0
  #failures = 0
  #lastFailure: KafkaError | null = null
  #corruptOffset = -1

  constructor(cluster: Cluster, range: OffsetRange, options: ReadOptions) {
    this.#cluster = cluster
    this.#range = range
    this.#options = options
    this.#progress = options.progress ?? newReadProgress()
    this.#progress.nextOffset = range.startOffset
    this.#batchBytesMax = options.batchBytesMax ?? BATCH_BYTES_MAX
    this.#fetchBytes = options.fetchBytesMax ?? FETCH_BYTES_MAX
    const { topic, topicPartition } = range
    this.#where = { topic, topicPartition, bootstrap: cluster.bootstrap }
    const epoch = options.pinned.leaderEpoch ?? -1
    const limits = {
      batchBytesMax: this.#batchBytesMax,
      leaderEpochMax: epoch < 0 ? null : epoch,
    }
    this.#decoder = new BatchDecoder(range, limits, this.#progress)
  }

  async *read(): AsyncGenerator<RecordSpans> {
    if (this.#range.startOffset >= this.#range.endOffset) return
    const onAbort = () => this.#stopWaiting?.()
    this.#options.signal?.addEventListener('abort', onAbort, { once: true })
    try {
      while (this.#decoder.position < this.#range.endOffset) {
        const outcome = await this.#nextOutcome()
        if (outcome.error !== null) await this.#recover(outcome.error)
        else yield* this.#consume(outcome.answer)
      }
      await this.#verify()
    } finally {
      this.#options.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Gives the connection back; with a Fetch in flight it is of no use to anyone. */
  close(): void {
    this.#generation++
    const connection = this.#connection
    const inFlight = this.#inFlight !== null
    this.#connection = null
    this.#inFlight = null
    if (connection === null) return
    if (inFlight) connection.close()
    this.#cluster.release(connection)
  }

  async #nextOutcome(): Promise<Outcome> {
    this.#throwIfCancelled()
    this.#inFlight ??= this.#fetch(this.#decoder.position)
    const waitedFrom = performance.now()
    const outcome = await this.#orAbort(this.#inFlight)
    if (outcome === null) throw this.#cancelled()
    this.#inFlight = null
    this.#waitedMs += Math.max(0, performance.now() - waitedFrom - this.#throttleMs)
    this.#throttleMs = 0
    return outcome
  }

  /** Resolves early (with null) on abort. A slot, not a race against one long promise: that would leak. */
  async #orAbort<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await new Promise<T | null>((resolve, reject) => {
        this.#stopWaiting = () => resolve(null)
        work.then(resolve, reject)
      })
    } finally {
      this.#stopWaiting = null
    }
  }

  /** Never rejects: nobody may be waiting yet when it fails. */
  async #fetch(offset: number): Promise<Outcome> {
    try {
      const connection = await this.#connect()
      const waitMs = this.#options.fetchWaitMaxMs ?? FETCH_WAIT_MAX_MS
      const call = fetchCall({
        topic: this.#range.topic,
        topicId: this.#topicId,
        topicPartition: this.#range.topicPartition,
        offset,
        leaderEpoch: this.#leaderEpoch,
        maxWaitMs: waitMs,
        minBytes: this.#options.fetchBytesMin ?? 1,
        maxBytes: this.#fetchBytes,
        readCommitted: this.#options.isolation === 'read_committed',
        timeoutMs: waitMs + FETCH_GRACE_MS,
      })
      return { answer: await sendCall(connection, call), error: null }
    } catch (error) {
      if (error instanceof KafkaError) return { answer: null, error }
      return { answer: null, error: new KafkaError('PROTOCOL', String(error), { cause: error }) }
    }
  }

  async #connect(): Promise<BrokerConnection> {
    if (this.#connection !== null && this.#connection.alive) return this.#connection
    if (this.#connection !== null) this.#cluster.release(this.#connection)
    this.#connection = null
    const generation = this.#generation
    const { topic, topicPartition } = this.#range
    const pinned = this.#options.pinned.topicId
    let leader = await this.#cluster.leaderOf(topic, topicPartition, this.#metadataStale)
    if (pinned !== null && leader.topicId !== pinned) {
      leader = await this.#cluster.leaderOf(topic, topicPartition, true)
      if (leader.topicId !== pinned) {
        throw topicRecreated(topic, pinned, leader.topicId, this.#cluster.bootstrap)
      }
    }
    if (leader.leaderId < 0) {
      throw brokerError(BROKER_ERROR.LEADER_NOT_AVAILABLE, 'Metadata', this.#where)
    }
    this.#metadataStale = false
    this.#leaderEpoch = leader.leaderEpoch
    this.#topicId = leader.topicId
    const connection = await this.#cluster.borrow(leader.leaderId)
    if (generation !== this.#generation) {
      this.#cluster.release(connection) // closed meanwhile: nobody else would give it back
      throw this.#cancelled()
    }
    this.#connection = connection
    return connection
  }

  async *#consume(answer: FetchAnswer): AsyncGenerator<RecordSpans> {
    if (answer.errorCode !== 0) {
      await this.#recover(
        await refusal(
          answer.errorCode,
          this.#cluster,
          this.#range,
          this.#decoder.position,
          this.#options.pinned.topicId,
        ),
      )
      return
    }
    this.#failures = 0
    this.#throttleMs = answer.throttleMs
    const whole = this.#wholeBatches(answer.records)
    if (whole.nextOffset <= this.#decoder.position) {
      await this.#wait(whole, answer)
      return
    }
    this.#fetchBytes = this.#options.fetchBytesMax ?? FETCH_BYTES_MAX
    this.#waitedMs = 0
    this.#progress.fetchedBytes += whole.bytes
    // R2: the next answer travels while this one is decoded and used.
    if (whole.nextOffset < this.#range.endOffset) this.#inFlight = this.#fetch(whole.nextOffset)
    const aborted = this.#options.isolation === 'read_committed' ? answer.aborted : null
    try {
      for (const spans of this.#decoder.decode(answer.records.subarray(0, whole.bytes), aborted)) {
        yield spans
        this.#throwIfCancelled()
      }
      this.#progress.nextOffset = this.#decoder.position
    } catch (error) {
      await this.#readAgainOnce(error)
    }
  }

  #wholeBatches(records: Buffer): CompleteBatches {
    try {
      return completeBatches(records)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const where = { offset: this.#decoder.position, ...error.where, ...this.#where }
      throw new KafkaError(error.code, error.message, { where, action: error.action })
    }
  }

  /** Nothing whole came: a batch larger than what was asked for, or nothing to read yet (R3). */
  async #wait(whole: CompleteBatches, answer: FetchAnswer): Promise<void> {
    if (whole.firstBatchBytes > this.#batchBytesMax) {
      const what = `a record batch has ${whole.firstBatchBytes} bytes, the limit is ${this.#batchBytesMax}`
      throw new KafkaError('BATCH_TOO_LARGE', what, {
        where: { ...this.#where, offset: this.#decoder.position },
        action: 'raise the limit of a record batch on this agent',
      })
    }
    if (whole.firstBatchBytes > this.#fetchBytes) this.#fetchBytes = whole.firstBatchBytes
    else await this.#pause()
    const readable =
      this.#options.isolation === 'read_committed' ? answer.lastStableOffset : answer.highWatermark
    this.#requireProgress(
      `the broker gives nothing at offset ${this.#decoder.position}; readable up to ${readable}, log from ${answer.logStartOffset}`,
    )
  }

  /** A broker that answers at once with nothing must not be asked in a tight loop. */
  async #pause(): Promise<void> {
    this.#waitedMs += EMPTY_PAUSE_MS
    await this.#orAbort(sleep(EMPTY_PAUSE_MS))
  }

  /** D2 of the decoder: position stands at the bad batch. Once more from the leader, then the error. */
  async #readAgainOnce(error: unknown): Promise<void> {
    const position = this.#decoder.position
    const again = error instanceof KafkaError && error.code === 'CORRUPT_BATCH' && error.retryable
    if (!again) throw error
    if (this.#corruptOffset === position) {
      const { where, action } = error
      throw new KafkaError(error.code, 'a record batch fails its CRC32C check, read twice', {
        where: { ...where, bootstrap: this.#cluster.bootstrap },
        action,
        retryable: false,
      })
    }
    this.#corruptOffset = position
    this.#progress.nextOffset = position
    await this.#recover(error)
  }

  /** Drops the connection, waits a little and lets the loop fetch again, or throws what is final. */
  async #recover(error: KafkaError): Promise<void> {
    this.#throwIfCancelled()
    const gone = error.code === 'TOPIC_NOT_FOUND'
    if (!error.retryable && !gone) throw error
    this.#lastFailure = error
    if (gone && this.#waitedMs > TOPIC_GONE_MS) throw error
    this.#requireProgress(error.message)
    this.close()
    this.#metadataStale = true
    this.#progress.retries++
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.#failures++)
    this.#waitedMs += backoffMs
    await this.#orAbort(sleep(backoffMs))
  }

  #requireProgress(state: string): void {
    const limitMs = this.#options.noProgressMs ?? NO_PROGRESS_MS
    if (this.#waitedMs < limitMs) return
    const what = `no record of the range came within ${limitMs} ms; ${state}`
    throw new KafkaError('NO_PROGRESS', what, {
      where: { ...this.#where, offset: this.#decoder.position },
      action: "check the topic partition's leader, open transactions and the broker's log",
      cause: this.#lastFailure,
    })
  }

  /** R4, over the connection that the records came from where it is still there. */
  async #verify(): Promise<void> {
    for (;;) {
      this.#throwIfCancelled()
      const waitedFrom = performance.now()
      try {
        await verifyLog(await this.#connect(), this.#range, this.#options.pinned)
        return
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        this.#waitedMs += performance.now() - waitedFrom
        await this.#recover(error)
      }
    }
  }

  #throwIfCancelled(): void {
    if (this.#options.signal?.aborted === true) throw this.#cancelled()
  }

  #cancelled(): KafkaError {
    return new KafkaError('CANCELLED', 'the read was cancelled', { where: this.#where })
  }
}
