import { API } from '../api.ts'
import { WireWriter } from '../wire.ts'
import type { Call, Throttled } from './call.ts'

/**
 * FindCoordinator v0..v2: key key_type(v1+); throttle_time_ms(v1+) error_code error_message(v1+) node_id host port
 * OffsetFetch v1..v5: group topics => [name partitions => [index]];
 *   throttle_time_ms(v3+) topics => [name partitions => [index offset leader_epoch(v5+) metadata error_code]] error_code(v2+)
 * OffsetCommit v2..v7: group generation_id member_id group_instance_id(v7+) retention_time_ms(v2..4)
 *   topics => [name partitions => [index offset leader_epoch(v6+) metadata]];
 *   throttle_time_ms(v3+) topics => [name partitions => [index error_code]]
 */

export interface CoordinatorAnswer extends Throttled {
  readonly errorCode: number
  readonly brokerId: number
  readonly host: string
  readonly port: number
}

export function findCoordinatorCall(group: string): Call<CoordinatorAnswer> {
  return {
    api: API.findCoordinator,
    encode: (version) => {
      const writer = new WireWriter().string(group)
      if (version >= 1) writer.int8(0) // a consumer group, not a transaction
      return writer.finish()
    },
    decode: (reader, version) => {
      const throttleMs = version >= 1 ? reader.int32() : 0
      const errorCode = reader.int16()
      if (version >= 1) reader.nullableString()
      return {
        throttleMs,
        errorCode,
        brokerId: reader.int32(),
        host: reader.string(),
        port: reader.int32(),
      }
    },
  }
}

export interface GroupOffset {
  readonly topicPartition: number
  readonly errorCode: number
  /** -1: the group has none. */
  readonly offset: number
}

export interface GroupOffsetsAnswer extends Throttled {
  readonly errorCode: number
  readonly offsets: readonly GroupOffset[]
}

export function fetchGroupOffsetsCall(
  group: string,
  topic: string,
  topicPartitions: readonly number[],
): Call<GroupOffsetsAnswer> {
  return {
    api: API.offsetFetch,
    encode: () => {
      const writer = new WireWriter().string(group).int32(1).string(topic)
      return writer.array(topicPartitions, (index) => writer.int32(index)).finish()
    },
    decode: (reader, version) => {
      const throttleMs = version >= 3 ? reader.int32() : 0
      const topics = reader.array(() => {
        reader.string()
        return reader.array(() => {
          const topicPartition = reader.int32()
          const offset = reader.int64()
          if (version >= 5) reader.int32()
          reader.nullableString()
          return { topicPartition, offset, errorCode: reader.int16() }
        })
      })
      return { throttleMs, offsets: topics.flat(), errorCode: version >= 2 ? reader.int16() : 0 }
    },
  }
}

export interface CommittedOffset {
  readonly topicPartition: number
  readonly errorCode: number
}

export interface CommitAnswer extends Throttled {
  readonly partitions: readonly CommittedOffset[]
}

/** Generation -1 and no member: a commit from outside, which a group without members accepts. */
export function commitGroupOffsetsCall(
  group: string,
  topic: string,
  offsets: readonly { readonly topicPartition: number; readonly offset: number }[],
): Call<CommitAnswer> {
  return {
    api: API.offsetCommit,
    encode: (version) => {
      const writer = new WireWriter().string(group).int32(-1).string('')
      if (version >= 7) writer.string(null)
      if (version <= 4) writer.int64(-1) // retention: the broker's own
      writer.int32(1).string(topic)
      writer.array(offsets, ({ topicPartition, offset }) => {
        writer.int32(topicPartition).int64(offset)
        if (version >= 6) writer.int32(-1)
        writer.string('')
      })
      return writer.finish()
    },
    decode: (reader, version) => {
      const throttleMs = version >= 3 ? reader.int32() : 0
      const topics = reader.array(() => {
        reader.string()
        return reader.array(() => ({ topicPartition: reader.int32(), errorCode: reader.int16() }))
      })
      return { throttleMs, partitions: topics.flat() }
    },
  }
}
