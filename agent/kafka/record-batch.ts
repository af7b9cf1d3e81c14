import { KafkaError } from './errors.ts'

/**
 * The head of a record batch (magic 2), read in place:
 *
 *   0 baseOffset:int64  8 batchLength:int32  12 partitionLeaderEpoch:int32  16 magic:int8  17 crc:uint32
 *   21 attributes:int16  23 lastOffsetDelta:int32  27 baseTimestamp:int64  35 maxTimestamp:int64
 *   43 producerId:int64  51 producerEpoch:int16  53 baseSequence:int32  57 recordCount:int32  61 records
 *
 * attributes: bits 0..2 codec, 3 LogAppendTime, 4 transactional, 5 control.
 */

export const BATCH_HEADER_BYTES = 61
/** baseOffset and batchLength: not counted in batchLength. */
const LENGTH_PREFIX_BYTES = 12
const MAGIC_AT = 16
const CRC_AT = 17
export const CHECKED_FROM = 21
const LAST_OFFSET_DELTA_AT = 23
const TWO_32 = 0x1_0000_0000

/** One object, filled again for each batch: a topic of one-record batches makes no garbage by it. */
export class BatchHeader {
  start = 0
  /** Where the batch ends in the bytes. */
  end = 0
  baseOffset = 0
  /** Where the next fetch goes on, whatever records are left in the batch. */
  nextOffset = 0
  leaderEpoch = -1
  crc = 0
  codec = 0
  logAppendTime = false
  transactional = false
  control = false
  lastOffsetDelta = 0
  baseTimestampMs = 0
  maxTimestampMs = 0
  producerId = -1
  recordCount = 0

  /** Fills the object from a batch that `completeBatches` found whole. */
  read(bytes: Buffer, start: number): void {
    const attributes = bytes.readInt16BE(start + CHECKED_FROM)
    this.start = start
    this.end = start + LENGTH_PREFIX_BYTES + bytes.readInt32BE(start + 8)
    this.baseOffset = int64At(bytes, start)
    this.leaderEpoch = bytes.readInt32BE(start + 12)
    this.crc = bytes.readUInt32BE(start + CRC_AT)
    this.codec = attributes & 7
    this.logAppendTime = (attributes & 0x08) !== 0
    this.transactional = (attributes & 0x10) !== 0
    this.control = (attributes & 0x20) !== 0
    this.lastOffsetDelta = bytes.readInt32BE(start + LAST_OFFSET_DELTA_AT)
    this.nextOffset = this.baseOffset + this.lastOffsetDelta + 1
    this.baseTimestampMs = int64At(bytes, start + 27)
    this.maxTimestampMs = int64At(bytes, start + 35)
    this.producerId = int64At(bytes, start + 43)
    this.recordCount = bytes.readInt32BE(start + 57)
  }
}

function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4)
}

export interface CompleteBatches {
  /** Bytes of whole batches at the start; what follows is cut off, which is normal. */
  readonly bytes: number
  /** Behind the last whole batch; -1: there is none. */
  readonly nextOffset: number
  /** Size of the first batch when it is cut off itself; 0: it is not, or nothing is known of it. */
  readonly firstBatchBytes: number
}

/**
 * Finds the whole batches in the records of a Fetch answer, by their heads only. Throws
 * UNSUPPORTED_FORMAT (magic 0 or 1, an offset beyond 2^53) and CORRUPT_BATCH (impossible lengths).
 */
export function completeBatches(bytes: Buffer): CompleteBatches {
  let at = 0
  let nextOffset = -1
  while (at + MAGIC_AT < bytes.length) {
    const magic = bytes.readInt8(at + MAGIC_AT)
    if (magic === 0 || magic === 1) throw oldFormat(magic, int64At(bytes, at))
    const size = LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + 8)
    if (magic !== 2 || size < BATCH_HEADER_BYTES) {
      const what = `a record batch claims magic ${magic} and ${size} bytes`
      throw new KafkaError('CORRUPT_BATCH', what, { where: { offset: int64At(bytes, at) } })
    }
    if (at + size > bytes.length) break
    const next = int64At(bytes, at) + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1
    if (!Number.isSafeInteger(next)) {
      throw new KafkaError(
        'UNSUPPORTED_FORMAT',
        `a record batch reaches offset ${next}, beyond 2^53`,
      )
    }
    nextOffset = next
    at += size
  }
  const cutOff = at === 0 && bytes.length >= LENGTH_PREFIX_BYTES
  return {
    bytes: at,
    nextOffset,
    firstBatchBytes: cutOff ? LENGTH_PREFIX_BYTES + bytes.readInt32BE(8) : 0,
  }
}

function oldFormat(magic: number, offset: number): KafkaError {
  const what = `the topic partition holds records in message format ${magic}, from before Kafka 0.11`
  return new KafkaError('UNSUPPORTED_FORMAT', what, {
    where: { offset },
    action: 'copy the topic with a current client, or begin at an offset behind these records',
  })
}
