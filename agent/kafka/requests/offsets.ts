import { API } from '../api.ts'
import { WireWriter } from '../wire.ts'
import type { Call, Throttled } from './call.ts'

/**
 * ListOffsets v1..v5:
 *   replica_id isolation_level(v2+) topics => [name partitions => [index current_leader_epoch(v4+) timestamp]]
 * Response: throttle_time_ms(v2+) topics => [name partitions => [index error_code timestamp offset leader_epoch(v4+)]]
 *
 * OffsetForLeaderEpoch v1..v3:
 *   replica_id(v3+) topics => [name partitions => [index current_leader_epoch(v2+) leader_epoch]]
 * Response: throttle_time_ms(v2+) topics => [name partitions => [error_code index leader_epoch end_offset]]
 */

export interface ListedOffset {
  readonly topicPartition: number
  readonly errorCode: number
  /** Of the record found by time; -1 for positions and when no record is late enough. */
  readonly timestampMs: number
  /** -1: no record is late enough. */
  readonly offset: number
  readonly leaderEpoch: number
}

export interface PartitionAt {
  readonly topicPartition: number
  readonly currentLeaderEpoch: number
}

export interface ListOffsetsAnswer extends Throttled {
  readonly offsets: readonly ListedOffset[]
}

/** `timestamp`: ms since the epoch, -1 the end of the log, -2 its start. */
export function listOffsetsCall(
  topic: string,
  partitions: readonly PartitionAt[],
  timestamp: number,
  readCommitted: boolean,
): Call<ListOffsetsAnswer> {
  return {
    api: API.listOffsets,
    encode: (version) => {
      const writer = new WireWriter().int32(-1)
      if (version >= 2) writer.int8(readCommitted ? 1 : 0)
      writer.int32(1).string(topic)
      writer.array(partitions, (partition) => {
        writer.int32(partition.topicPartition)
        if (version >= 4) writer.int32(partition.currentLeaderEpoch)
        writer.int64(timestamp)
      })
      return writer.finish()
    },
    decode: (reader, version) => {
      const throttleMs = version >= 2 ? reader.int32() : 0
      const topics = reader.array(() => {
        reader.string()
        return reader.array(() => ({
          topicPartition: reader.int32(),
          errorCode: reader.int16(),
          timestampMs: reader.int64(),
          offset: reader.int64(),
          leaderEpoch: version >= 4 ? reader.int32() : -1,
        }))
      })
      return { throttleMs, offsets: topics.flat() }
    },
  }
}

export interface EpochEnd {
  readonly topicPartition: number
  readonly errorCode: number
  /** The largest epoch the leader has that is not above the one asked for; -1: none. */
  readonly leaderEpoch: number
  /** Where that epoch ends, exclusive; -1: unknown. */
  readonly endOffset: number
}

export interface EpochEndsAnswer extends Throttled {
  readonly ends: readonly EpochEnd[]
}

export function epochEndsCall(
  topic: string,
  partitions: readonly (PartitionAt & { readonly leaderEpoch: number })[],
): Call<EpochEndsAnswer> {
  return {
    api: API.offsetForLeaderEpoch,
    encode: (version) => {
      const writer = new WireWriter()
      if (version >= 3) writer.int32(-1)
      writer.int32(1).string(topic)
      writer.array(partitions, (partition) => {
        writer.int32(partition.topicPartition)
        if (version >= 2) writer.int32(partition.currentLeaderEpoch)
        writer.int32(partition.leaderEpoch)
      })
      return writer.finish()
    },
    decode: (reader, version) => {
      const throttleMs = version >= 2 ? reader.int32() : 0
      const topics = reader.array(() => {
        reader.string()
        return reader.array(() => ({
          errorCode: reader.int16(),
          topicPartition: reader.int32(),
          leaderEpoch: reader.int32(),
          endOffset: reader.int64(),
        }))
      })
      return { throttleMs, ends: topics.flat() }
    },
  }
}
