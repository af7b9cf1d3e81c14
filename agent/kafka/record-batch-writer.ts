import { gzipSync, zstdCompressSync } from 'node:zlib'

import { crc32c } from '@node-rs/crc32'
import { lz4Compress, snappyCompress } from '@platformatic/wasm-utils/bundled'

/**
 * Writes record batches (magic 2): for fixtures, the demo's producer and tests. Grammar, big endian:
 *
 *   baseOffset:int64 batchLength:int32 partitionLeaderEpoch:int32 magic:int8=2 crc:uint32
 *   attributes:int16 lastOffsetDelta:int32 baseTimestamp:int64 maxTimestamp:int64 producerId:int64
 *   producerEpoch:int16 baseSequence:int32 recordCount:int32 records
 *   record = length:varint attributes:int8 timestampDelta:varlong offsetDelta:varint
 *            keyLength:varint key valueLength:varint value headerCount:varint (key value)*
 *
 * crc covers everything behind it. varints are zigzag; a length of -1 is null.
 */

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CodecName = (typeof CODECS)[number]

export interface RecordInput {
  readonly key?: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs?: number
  readonly headers?: readonly (readonly [string, Uint8Array | null])[]
  /** Its index when absent; leave out numbers to write what compaction leaves. */
  readonly offsetDelta?: number
}

export interface BatchInput {
  readonly records: readonly RecordInput[]
  readonly codec?: CodecName
  readonly baseOffset?: number
  /** The last record's when absent; larger after compaction. */
  readonly lastOffsetDelta?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly transactional?: boolean
  readonly control?: boolean
  /** maxTimestamp counts for all records (message.timestamp.type=LogAppendTime). */
  readonly logAppendTimeMs?: number
}

export const BATCH_HEADER_BYTES = 61
const CRC_AT = 17
const ATTRIBUTES_AT = 21

export function encodeRecordBatch(input: BatchInput): Buffer {
  const { records, codec = 'none' } = input
  const baseTimestamp = records[0]?.timestampMs ?? 0
  const plain = encodeRecords(records, baseTimestamp)
  const body = compress(codec, plain)
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + body.length)
  const lastDelta = records.at(-1)?.offsetDelta ?? records.length - 1
  const maxTimestamp =
    input.logAppendTimeMs ?? records.reduce((max, one) => Math.max(max, one.timestampMs ?? 0), 0)
  batch.writeBigInt64BE(BigInt(input.baseOffset ?? 0), 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(input.partitionLeaderEpoch ?? 0, 12)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(attributes(input, codec), ATTRIBUTES_AT)
  batch.writeInt32BE(input.lastOffsetDelta ?? Math.max(0, lastDelta), 23)
  batch.writeBigInt64BE(BigInt(baseTimestamp), 27)
  batch.writeBigInt64BE(BigInt(maxTimestamp), 35)
  batch.writeBigInt64BE(BigInt(input.producerId ?? -1), 43)
  batch.writeInt16BE(input.producerId === undefined ? -1 : 0, 51)
  batch.writeInt32BE(-1, 53)
  batch.writeInt32BE(records.length, 57)
  body.copy(batch, BATCH_HEADER_BYTES)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
  return batch
}

/** The marker that ends a transaction of `producerId`. */
export function encodeControlBatch(
  baseOffset: number,
  producerId: number,
  marker: 'abort' | 'commit',
): Buffer {
  const key = Buffer.of(0, 0, 0, marker === 'abort' ? 0 : 1) // version:int16 type:int16
  const value = Buffer.alloc(6) // version:int16 coordinator_epoch:int32
  const records = [{ key, value }]
  return encodeRecordBatch({ records, baseOffset, producerId, transactional: true, control: true })
}

function attributes(input: BatchInput, codec: CodecName): number {
  return (
    CODECS.indexOf(codec) |
    (input.logAppendTimeMs === undefined ? 0 : 0x08) |
    (input.transactional ? 0x10 : 0) |
    (input.control ? 0x20 : 0)
  )
}

function compress(codec: CodecName, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes, { level: 1 })
    case 'snappy':
      return snappyCompress(bytes)
    case 'lz4':
      return lz4Compress(bytes)
    case 'zstd':
      break
  }
  return zstdCompressSync(bytes)
}

/** Grows by doubling and is reused: a fixture of millions of records must not allocate per batch. */
let scratch = Buffer.allocUnsafe(1 << 20)

function encodeRecords(records: readonly RecordInput[], baseTimestamp: number): Buffer {
  let at = 0
  for (const [index, record] of records.entries()) {
    const size = recordBytesMax(record)
    if (at + size > scratch.length) {
      const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + size))
      scratch.copy(larger, 0, 0, at)
      scratch = larger
    }
    at = encodeRecord(record, index, baseTimestamp, at)
  }
  return scratch.subarray(0, at)
}

function recordBytesMax(record: RecordInput): number {
  let size = 64 + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of record.headers ?? [])
    size += 16 + name.length * 3 + (value?.length ?? 0)
  return size
}

function encodeRecord(
  record: RecordInput,
  index: number,
  baseTimestamp: number,
  at: number,
): number {
  const timestampDelta = (record.timestampMs ?? baseTimestamp) - baseTimestamp
  const offsetDelta = record.offsetDelta ?? index
  // The body is written behind room for the longest length, and the length moved against it.
  const start = at + 5
  let end = start
  scratch[end++] = 0
  end = writeVarlong(timestampDelta, end)
  end = writeVarint(offsetDelta, end)
  end = writeBytes(record.key ?? null, end)
  end = writeBytes(record.value, end)
  end = writeVarint(record.headers?.length ?? 0, end)
  for (const [name, value] of record.headers ?? []) {
    end = writeBytes(Buffer.from(name, 'utf8'), end)
    end = writeBytes(value, end)
  }
  const length = end - start
  const bodyAt = writeVarint(length, at)
  scratch.copyWithin(bodyAt, start, end)
  return bodyAt + length
}

function writeBytes(bytes: Uint8Array | null, at: number): number {
  if (bytes === null) return writeVarint(-1, at)
  const start = writeVarint(bytes.length, at)
  scratch.set(bytes, start)
  return start + bytes.length
}

function writeVarint(value: number, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest > 0x7f) {
    scratch[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  scratch[at++] = rest
  return at
}

function writeVarlong(value: number, at: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(value, at)
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  while (rest > 0x7fn) {
    scratch[at++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  scratch[at++] = Number(rest)
  return at
}
