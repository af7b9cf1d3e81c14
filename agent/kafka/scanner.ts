import { KafkaError } from './errors.ts'
import type { RecordSpans } from './record-spans.ts'

/**
 * Finds keys, values and headers in the decompressed records of one batch.
 *
 *   record = length:varint attributes:int8 timestampDelta:varlong offsetDelta:varint
 *            keyLength:varint key valueLength:varint value headerCount:varint (key value)*
 *
 * S1. No object per record: spans are numbers in typed arrays that are reused.
 * S2. Nothing is read beyond the batch, and every record ends exactly where its length says.
 * S3. An offset or time that a Number cannot hold is refused, never rounded.
 */

/** length, attributes, timestamp, offset, key length, value length and header count: a byte each. */
export const RECORD_BYTES_MIN = 7

/** Spans with room for a fixed number of records. */
export class SpanBuffer implements RecordSpans {
  readonly topic: string
  readonly topicPartition: number
  readonly capacity: number
  data: Uint8Array = new Uint8Array(0)
  count = 0
  readonly offsets: Float64Array
  readonly timestampsMs: Float64Array
  readonly keyStarts: Int32Array
  readonly keyLengths: Int32Array
  readonly valueStarts: Int32Array
  readonly valueLengths: Int32Array
  readonly headerStarts: Int32Array
  readonly headerCounts: Int32Array

  constructor(topic: string, topicPartition: number, capacity: number) {
    this.topic = topic
    this.topicPartition = topicPartition
    this.capacity = capacity
    this.offsets = new Float64Array(capacity)
    this.timestampsMs = new Float64Array(capacity)
    this.keyStarts = new Int32Array(capacity)
    this.keyLengths = new Int32Array(capacity)
    this.valueStarts = new Int32Array(capacity)
    this.valueLengths = new Int32Array(capacity)
    this.headerStarts = new Int32Array(capacity)
    this.headerCounts = new Int32Array(capacity)
  }
}

/** Where a scan stands inside one batch, so that it can stop when the spans are full. */
export class BatchCursor {
  data: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  recordsLeft = 0
  baseOffset = 0
  lastOffsetDelta = 0
  baseTimestampMs = 0
  /** All records have this time (LogAppendTime); null: each has its own. */
  appendTimeMs: number | null = null
  /** Only records of `[fromOffset, toOffset)` are kept. */
  fromOffset = 0
  toOffset = 0
}

/** Where the last varint read by `varint` or `varlong` ends: the second result of both. */
let varintEnd = 0

/**
 * Scans records into the spans (whose data is the cursor's) until the batch ends or they are full.
 * Throws CORRUPT_BATCH, UNSUPPORTED_FORMAT.
 */
export function scanRecords(cursor: BatchCursor, spans: SpanBuffer): void {
  const { data, end, baseOffset, lastOffsetDelta, baseTimestampMs, fromOffset, toOffset } = cursor
  const { offsets, timestampsMs, keyStarts, keyLengths, valueStarts, valueLengths } = spans
  const { capacity, headerStarts, headerCounts } = spans
  const appendTimeMs = cursor.appendTimeMs
  let at = cursor.at
  let left = cursor.recordsLeft
  let count = spans.count
  let next = 0
  // Varints of one and two bytes are written out: they are nearly all, and calls cost a third.
  while (left > 0 && count < capacity) {
    let byte = data[at] as number
    let length: number
    if (byte < 0x80) {
      length = (byte >>> 1) ^ -(byte & 1)
      at++
    } else if ((next = data[at + 1] as number) < 0x80) {
      length = (((byte >>> 1) & 0x3f) | (next << 6)) ^ -(byte & 1)
      at += 2
    } else {
      length = varint(data, at, end)
      at = varintEnd
    }
    const recordEnd = at + length
    if (length < RECORD_BYTES_MIN - 1 || recordEnd > end)
      throw badRecord(cursor, 'its length', length)
    at++ // attributes: no bit is defined

    byte = data[at] as number
    let timestampDelta: number
    if (byte < 0x80) {
      timestampDelta = (byte >>> 1) ^ -(byte & 1)
      at++
    } else if ((next = data[at + 1] as number) < 0x80) {
      timestampDelta = (((byte >>> 1) & 0x3f) | (next << 6)) ^ -(byte & 1)
      at += 2
    } else {
      timestampDelta = varlong(data, at, recordEnd)
      at = varintEnd
    }

    byte = data[at] as number
    let offsetDelta: number
    if (byte < 0x80) {
      offsetDelta = (byte >>> 1) ^ -(byte & 1)
      at++
    } else if ((next = data[at + 1] as number) < 0x80) {
      offsetDelta = (((byte >>> 1) & 0x3f) | (next << 6)) ^ -(byte & 1)
      at += 2
    } else {
      offsetDelta = varint(data, at, recordEnd)
      at = varintEnd
    }
    if (offsetDelta < 0 || offsetDelta > lastOffsetDelta) {
      throw badRecord(cursor, 'its offset delta', offsetDelta)
    }

    byte = data[at] as number
    let keyLength: number
    if (byte < 0x80) {
      keyLength = (byte >>> 1) ^ -(byte & 1)
      at++
    } else if ((next = data[at + 1] as number) < 0x80) {
      keyLength = (((byte >>> 1) & 0x3f) | (next << 6)) ^ -(byte & 1)
      at += 2
    } else {
      keyLength = varint(data, at, recordEnd)
      at = varintEnd
    }
    const keyStart = at
    if (keyLength > 0) at += keyLength
    if (keyLength < -1 || at >= recordEnd) throw badRecord(cursor, 'its key length', keyLength)

    byte = data[at] as number
    let valueLength: number
    if (byte < 0x80) {
      valueLength = (byte >>> 1) ^ -(byte & 1)
      at++
    } else if ((next = data[at + 1] as number) < 0x80) {
      valueLength = (((byte >>> 1) & 0x3f) | (next << 6)) ^ -(byte & 1)
      at += 2
    } else {
      valueLength = varint(data, at, recordEnd)
      at = varintEnd
    }
    const valueStart = at
    if (valueLength > 0) at += valueLength
    if (valueLength < -1 || at >= recordEnd)
      throw badRecord(cursor, 'its value length', valueLength)

    byte = data[at] as number
    let headerCount = 0
    if (byte === 0) {
      at++
    } else {
      headerCount = varint(data, at, recordEnd)
      at = varintEnd
    }
    const headerStart = at
    if (headerCount !== 0) at = skipHeaders(cursor, at, recordEnd, headerCount)
    if (at !== recordEnd) throw badRecord(cursor, 'its parts, in bytes too many:', at - recordEnd)

    left--
    const offset = baseOffset + offsetDelta
    if (offset < fromOffset || offset >= toOffset) continue
    offsets[count] = offset
    timestampsMs[count] = appendTimeMs ?? baseTimestampMs + timestampDelta
    keyStarts[count] = keyStart
    keyLengths[count] = keyLength
    valueStarts[count] = valueStart
    valueLengths[count] = valueLength
    headerStarts[count] = headerStart
    headerCounts[count] = headerCount
    count++
  }
  if (left === 0 && at !== end) throw badRecord(cursor, 'bytes behind the last one:', end - at)
  cursor.at = at
  cursor.recordsLeft = left
  spans.count = count
}

function skipHeaders(cursor: BatchCursor, start: number, end: number, count: number): number {
  const { data } = cursor
  // Each header takes two bytes at least.
  if (count < 0 || count > (end - start) / 2) throw badRecord(cursor, 'its header count', count)
  let at = start
  for (let i = 0; i < count; i++) {
    const keyLength = varint(data, at, end)
    at = varintEnd + keyLength
    if (keyLength < 0 || at > end) throw badRecord(cursor, 'a header key length', keyLength)
    const valueLength = varint(data, at, end)
    at = varintEnd + Math.max(0, valueLength)
    if (valueLength < -1 || at > end) throw badRecord(cursor, 'a header value length', valueLength)
  }
  return at
}

/** One header of a record; a null value has length -1. */
export interface HeaderSpan {
  readonly keyStart: number
  readonly keyLength: number
  readonly valueStart: number
  readonly valueLength: number
}

/** The headers of record `index`, in order, duplicates kept. The scanner has checked their bounds. */
export function headersOf(spans: RecordSpans, index: number): HeaderSpan[] {
  const { data } = spans
  const count = spans.headerCounts[index] ?? 0
  const headers: HeaderSpan[] = []
  let at = spans.headerStarts[index] ?? 0
  for (let i = 0; i < count; i++) {
    const keyLength = varint(data, at, data.length)
    const keyStart = varintEnd
    const valueLength = varint(data, keyStart + keyLength, data.length)
    const valueStart = varintEnd
    headers.push({ keyStart, keyLength, valueStart, valueLength })
    at = valueStart + Math.max(0, valueLength)
  }
  return headers
}

/** Zigzag int32 of at most 5 bytes. */
function varint(data: Uint8Array, start: number, end: number): number {
  let value = 0
  let at = start
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) break
    const byte = data[at++] as number
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      varintEnd = at
      return (value >>> 1) ^ -(value & 1)
    }
  }
  throw new KafkaError('CORRUPT_BATCH', 'a record holds a varint without an end')
}

/** Zigzag int64 of at most 10 bytes, exact below 2^53 (S3). */
function varlong(data: Uint8Array, start: number, end: number): number {
  let value = 0
  let at = start
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) break
    const byte = data[at++] as number
    // Small integers as long as they are: times within minutes of the batch's first.
    if (shift <= 21) value |= (byte & 0x7f) << shift
    else value += (byte & 0x7f) * 2 ** shift
    if (byte >= 0x80) continue
    varintEnd = at
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new KafkaError('UNSUPPORTED_FORMAT', 'a record has a timestamp beyond 2^53 ms')
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  throw new KafkaError('CORRUPT_BATCH', 'a record holds a varint without an end')
}

function badRecord(cursor: BatchCursor, what: string, value: number): KafkaError {
  const text = `a record of the batch at offset ${cursor.baseOffset} does not fit: ${what} ${value}`
  return new KafkaError('CORRUPT_BATCH', text)
}
