import { crc32c } from '@node-rs/crc32'

import { AbortedTransactions } from './aborted-transactions.ts'
import { CODEC, decompress } from './codec/decompress.ts'
import { DecompressedTooLarge } from './codec/too-large.ts'
import { KafkaError, type KafkaErrorCode } from './errors.ts'
import type { ReadProgress } from './read-progress.ts'
import { BATCH_HEADER_BYTES, BatchHeader, CHECKED_FROM } from './record-batch.ts'
import type { OffsetRange, RecordSpans } from './record-spans.ts'
import type { AbortedTransaction } from './requests/fetch.ts'
import { BatchCursor, RECORD_BYTES_MIN, scanRecords, SpanBuffer } from './scanner.ts'

/**
 * From the record batches of one Fetch answer to spans.
 *
 * D1. The position moves by batches: to baseOffset + lastOffsetDelta + 1, also for empty, control and
 *     aborted ones, never to the last record seen.
 * D2. A batch counts only after its CRC32C (attributes to end) is right; what was decoded before a
 *     bad one is handed out first, so the read can go on at the bad batch.
 * D3. Bytes live in the answer (uncompressed) or in one arena (decompressed), which is reused; a batch
 *     larger than the arena stands in its own buffer. Small batches share one span buffer.
 */

export interface DecoderLimits {
  readonly batchBytesMax: number
  /** Batches of a later epoch than the plan's prove a truncated log; null: not compared. */
  readonly leaderEpochMax: number | null
}

/** Records handed out at once: 40 bytes of spans each. */
const SPAN_RECORDS_MAX = 32 * 1024
const ARENA_BYTES = 1024 * 1024
const ABORT_MARKER = 0
const ADVICE_CORRUPT =
  "the leader's disk or memory is damaged: move the leader to another replica, or begin behind this batch"

export class BatchDecoder {
  /** Everything below it was decoded. */
  position: number
  readonly #range: OffsetRange
  readonly #limits: DecoderLimits
  readonly #progress: ReadProgress
  readonly #spans: SpanBuffer
  readonly #header = new BatchHeader()
  readonly #cursor = new BatchCursor()
  #arena: Buffer | null = null
  #arenaUsed = 0

  constructor(range: OffsetRange, limits: DecoderLimits, progress: ReadProgress) {
    this.#range = range
    this.#limits = limits
    this.#progress = progress
    this.#spans = new SpanBuffer(range.topic, range.topicPartition, SPAN_RECORDS_MAX)
    this.position = range.startOffset
  }

  /**
   * Spans of the whole batches in `bytes`, each valid until the next is asked for.
   * `aborted` is null for read_uncommitted. Throws CORRUPT_BATCH and others at `position`; retryable
   * only when nothing of the bad batch was handed out, so that reading it again repeats no record.
   */
  *decode(bytes: Buffer, aborted: readonly AbortedTransaction[] | null): Generator<RecordSpans> {
    const transactions = aborted === null ? null : new AbortedTransactions(aborted)
    const header = this.#header
    const end = this.#range.endOffset
    for (let at = 0; at < bytes.length && this.position < end; at = header.end) {
      header.read(bytes, at)
      if (header.nextOffset <= this.position) continue
      if (header.baseOffset >= end) {
        this.#pass(end, end - this.position)
        break
      }
      const refused = this.#check(bytes)
      if (refused !== null) {
        yield* this.#flush() // D2
        throw refused
      }
      if (this.#isLeftOut(bytes, transactions)) continue
      yield* this.#decodeBatch(bytes)
    }
    yield* this.#flush()
  }

  #check(bytes: Buffer): KafkaError | null {
    const { start, end, crc, recordCount, leaderEpoch, nextOffset, baseOffset } = this.#header
    if (end - start > this.#limits.batchBytesMax)
      return this.#tooLarge(`${end - start} bytes stored`)
    if (crc32c(bytes.subarray(start + CHECKED_FROM, end)) !== crc) {
      return this.#error(
        'CORRUPT_BATCH',
        'a record batch fails its CRC32C check',
        ADVICE_CORRUPT,
        true,
      )
    }
    if (recordCount < 0 || nextOffset <= baseOffset) {
      return this.#error('CORRUPT_BATCH', `a record batch claims ${recordCount} records`)
    }
    const pinned = this.#limits.leaderEpochMax
    if (pinned !== null && leaderEpoch > pinned) {
      const what = `a record batch was written in leader epoch ${leaderEpoch}, after the plan's ${pinned}: the log was truncated and written again`
      return this.#error('LOG_TRUNCATED', what, 'start a new run')
    }
    return null
  }

  /** Control batches and aborted ones move the position and yield nothing. */
  #isLeftOut(bytes: Buffer, transactions: AbortedTransactions | null): boolean {
    const header = this.#header
    const lastOffset = header.nextOffset - 1
    if (header.control) {
      if (transactions !== null && isAbortMarker(bytes, header)) {
        transactions.end(header.producerId, lastOffset)
      }
      this.#pass(header.nextOffset, 0)
      return true
    }
    if (transactions === null || !header.transactional) return false
    if (!transactions.drops(header.producerId, lastOffset)) return false
    this.#progress.abortedBatches++
    this.#pass(header.nextOffset, 0)
    return true
  }

  *#decodeBatch(bytes: Buffer): Generator<RecordSpans> {
    const header = this.#header
    const cursor = this.#cursor
    const spans = this.#spans
    const covered = Math.min(header.nextOffset, this.#range.endOffset) - this.position
    const before = this.#progress.records + spans.count
    const empty = header.end - header.start === BATCH_HEADER_BYTES
    if (header.codec === CODEC.NONE || empty) {
      if (spans.data !== bytes) yield* this.#flush()
      cursor.data = bytes
      cursor.at = header.start + BATCH_HEADER_BYTES
      cursor.end = header.end
    } else {
      yield* this.#decompress(bytes)
    }
    this.#aim(cursor)
    spans.data = cursor.data
    while (cursor.recordsLeft > 0 || cursor.at < cursor.end) {
      this.#scan()
      if (spans.count < spans.capacity) continue
      yield* this.#flush()
      // The rest of this batch is still in the arena: the next one must not be put over it.
      if (cursor.data === this.#arena) this.#arenaUsed = cursor.end
    }
    this.#pass(header.nextOffset, covered - (this.#progress.records + spans.count - before))
  }

  #scan(): void {
    try {
      scanRecords(this.#cursor, this.#spans)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw this.#error(error.code, error.message)
    }
  }

  #aim(cursor: BatchCursor): void {
    const header = this.#header
    const { recordCount, baseTimestampMs, maxTimestampMs } = header
    if (recordCount * RECORD_BYTES_MIN > cursor.end - cursor.at) {
      const what = `a record batch claims ${recordCount} records in ${cursor.end - cursor.at} bytes`
      throw this.#error('CORRUPT_BATCH', what)
    }
    if (!Number.isSafeInteger(baseTimestampMs) || !Number.isSafeInteger(maxTimestampMs)) {
      throw this.#error('UNSUPPORTED_FORMAT', 'a record batch has a timestamp beyond 2^53 ms')
    }
    cursor.recordsLeft = recordCount
    cursor.baseOffset = header.baseOffset
    cursor.lastOffsetDelta = header.lastOffsetDelta
    cursor.baseTimestampMs = baseTimestampMs
    cursor.appendTimeMs = header.logAppendTime ? maxTimestampMs : null
    cursor.fromOffset = this.position
    cursor.toOffset = this.#range.endOffset
    this.#progress.recordBytes += cursor.end - cursor.at
  }

  *#decompress(bytes: Buffer): Generator<RecordSpans> {
    const { start, end } = this.#header
    let plain = this.#plain(bytes.subarray(start + BATCH_HEADER_BYTES, end))
    this.#arena ??= Buffer.allocUnsafeSlow(ARENA_BYTES)
    const fits = this.#arenaUsed + plain.length <= ARENA_BYTES
    const mustFlush = !fits || this.#spans.data !== this.#arena
    const isLarge = plain.length > ARENA_BYTES
    // The codec's memory is its own again with the next batch, also of another decoder while this one waits.
    if (isLarge || (mustFlush && this.#spans.count > 0)) plain = Buffer.from(plain)
    if (mustFlush) yield* this.#flush()
    const cursor = this.#cursor
    if (isLarge) {
      cursor.data = plain
      cursor.at = 0
    } else {
      plain.copy(this.#arena, this.#arenaUsed)
      cursor.data = this.#arena
      cursor.at = this.#arenaUsed
      this.#arenaUsed += plain.length
    }
    cursor.end = cursor.at + plain.length
  }

  #plain(compressed: Buffer): Buffer {
    const { codec } = this.#header
    if (codec > CODEC.ZSTD) {
      throw this.#error(
        'UNSUPPORTED_FORMAT',
        `a record batch is compressed with unknown codec ${codec}`,
      )
    }
    try {
      return decompress(codec, compressed, this.#limits.batchBytesMax)
    } catch (error) {
      if (error instanceof DecompressedTooLarge) throw this.#tooLarge('more when decompressed')
      throw this.#error('CORRUPT_BATCH', `a record batch does not decompress: ${String(error)}`)
    }
  }

  *#flush(): Generator<RecordSpans> {
    const spans = this.#spans
    if (spans.count > 0) {
      this.#progress.records += spans.count
      yield spans
      spans.count = 0
    }
    this.#arenaUsed = 0
  }

  #pass(nextOffset: number, emptyOffsets: number): void {
    this.position = Math.min(nextOffset, this.#range.endOffset)
    this.#progress.compactedOffsets += emptyOffsets
  }

  #tooLarge(size: string): KafkaError {
    const what = `a record batch has ${size}, the limit is ${this.#limits.batchBytesMax} bytes`
    return this.#error('BATCH_TOO_LARGE', what, 'raise the limit of a record batch on this agent')
  }

  #error(code: KafkaErrorCode, what: string, action = '', retryable = false): KafkaError {
    const { topic, topicPartition } = this.#range
    const offset = Math.max(this.#header.baseOffset, this.position)
    const where = { topic, topicPartition, offset }
    return new KafkaError(code, what, { where, action, retryable })
  }
}

/** A control batch holds one record, whose key is version:int16 type:int16; compaction may empty it. */
function isAbortMarker(bytes: Buffer, header: BatchHeader): boolean {
  if (header.recordCount < 1 || header.codec !== CODEC.NONE) return false
  const cursor = new BatchCursor()
  cursor.data = bytes
  cursor.at = header.start + BATCH_HEADER_BYTES
  cursor.end = header.end
  cursor.recordsLeft = header.recordCount
  cursor.baseOffset = header.baseOffset
  cursor.lastOffsetDelta = header.lastOffsetDelta
  cursor.toOffset = Number.POSITIVE_INFINITY
  const spans = new SpanBuffer('', 0, 1)
  scanRecords(cursor, spans)
  const keyAt = spans.keyStarts[0] ?? 0
  return (spans.keyLengths[0] ?? 0) >= 4 && bytes.readInt16BE(keyAt + 2) === ABORT_MARKER
}
