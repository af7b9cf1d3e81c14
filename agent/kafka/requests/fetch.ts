import { API } from '../api.ts'
import { uuidBytes, WireWriter, type WireReader } from '../wire.ts'
import type { Call, Throttled } from './call.ts'

/**
 * Fetch v4..v13, for one topic partition and without a fetch session:
 *   replica_id max_wait_ms min_bytes max_bytes isolation_level session_id(v7+) session_epoch(v7+)
 *   topics => [name(..v12) | topic_id(v13+)
 *     partitions => [index current_leader_epoch(v9+) fetch_offset last_fetched_epoch(v12+)
 *                    log_start_offset(v5+) partition_max_bytes tags(v12+)] tags(v12+)]
 *   forgotten_topics(v7+) rack_id(v11+) tags(v12+)
 * Response:
 *   throttle_time_ms error_code(v7+) session_id(v7+)
 *   topics => [name | topic_id partitions => [index error_code high_watermark last_stable_offset
 *     log_start_offset(v5+) aborted => [producer_id first_offset] preferred_read_replica(v11+) records]]
 */

export interface FetchRequest {
  readonly topic: string
  /** null: by name, at most v12. */
  readonly topicId: string | null
  readonly topicPartition: number
  readonly offset: number
  /** -1: do not compare. */
  readonly leaderEpoch: number
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly readCommitted: boolean
  readonly timeoutMs: number
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchAnswer extends Throttled {
  readonly errorCode: number
  readonly highWatermark: number
  /** -1: unknown. */
  readonly lastStableOffset: number
  /** -1: unknown (before Fetch v5). */
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches as stored; the last one may be cut off. */
  readonly records: Buffer
}

const EMPTY = Buffer.alloc(0)
const NAMES_UP_TO_VERSION = 12

export function fetchCall(request: FetchRequest): Call<FetchAnswer> {
  return {
    api: API.fetch,
    versionMax: request.topicId === null ? NAMES_UP_TO_VERSION : API.fetch.maxVersion,
    timeoutMs: request.timeoutMs,
    encode: (version) => encode(request, version),
    decode,
  }
}

function encode(request: FetchRequest, version: number): Buffer {
  const flexible = version >= 12
  const writer = new WireWriter()
  const count = (items: number) =>
    flexible ? writer.unsignedVarint(items + 1) : writer.int32(items)
  writer.int32(-1).int32(request.maxWaitMs).int32(request.minBytes).int32(request.maxBytes)
  writer.int8(request.readCommitted ? 1 : 0)
  if (version >= 7) writer.int32(0).int32(-1) // no fetch session
  count(1)
  if (version > NAMES_UP_TO_VERSION) writer.raw(uuidBytes(request.topicId ?? ''))
  else if (flexible) writer.compactString(request.topic)
  else writer.string(request.topic)
  count(1)
  writer.int32(request.topicPartition)
  if (version >= 9) writer.int32(request.leaderEpoch)
  writer.int64(request.offset)
  if (flexible) writer.int32(-1)
  if (version >= 5) writer.int64(-1)
  writer.int32(request.maxBytes)
  if (flexible) writer.noTags().noTags()
  if (version >= 7) count(0)
  if (version >= 11) {
    if (flexible) writer.compactString('')
    else writer.string('')
  }
  if (flexible) writer.noTags()
  return writer.finish()
}

function decode(reader: WireReader, version: number): FetchAnswer {
  const flexible = version >= 12
  const throttleMs = reader.int32()
  const sessionError = version >= 7 ? reader.int16() : 0
  if (version >= 7) reader.int32()
  const partition = () => {
    const answer = decodePartition(reader, version)
    if (flexible) reader.skipTags()
    return answer
  }
  const topic = () => {
    if (version > NAMES_UP_TO_VERSION) reader.take(16)
    else if (flexible) reader.compactString()
    else reader.string()
    const partitions = flexible ? reader.compactArray(partition) : reader.array(partition)
    if (flexible) reader.skipTags()
    return partitions
  }
  const [first] = (flexible ? reader.compactArray(topic) : reader.array(topic)).flat()
  return {
    throttleMs,
    ...(first ?? NOTHING),
    ...(sessionError === 0 ? {} : { errorCode: sessionError }),
  }
}

const NOTHING = {
  errorCode: 0,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  aborted: [],
  records: EMPTY,
}

function decodePartition(reader: WireReader, version: number): Omit<FetchAnswer, 'throttleMs'> {
  const flexible = version >= 12
  reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  const logStartOffset = version >= 5 ? reader.int64() : -1
  const transaction = () => {
    const entry = { producerId: reader.int64(), firstOffset: reader.int64() }
    if (flexible) reader.skipTags()
    return entry
  }
  const aborted = flexible ? reader.compactArray(transaction) : reader.array(transaction)
  if (version >= 11) reader.int32() // preferred replica: given only to a client that names its rack
  const size = Math.max(0, flexible ? reader.unsignedVarint() - 1 : reader.int32())
  const at = reader.take(size)
  const records = reader.bytes.subarray(at, at + size)
  return { errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, records }
}
