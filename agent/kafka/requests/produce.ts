import { API } from '../api.ts'
import { WireWriter } from '../wire.ts'
import type { Call, Throttled } from './call.ts'

/**
 * Produce v3..v8, one record batch to one topic partition (fixtures and the demo; the data path only reads):
 *   transactional_id acks timeout_ms topics => [name partitions => [index records]]
 * Response: topics => [name partitions => [index error_code base_offset log_append_time
 *   log_start_offset(v5+) record_errors => [batch_index message](v8+) error_message(v8+)]] throttle_time_ms
 */

export interface ProduceAnswer extends Throttled {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: number
}

export function produceCall(
  topic: string,
  topicPartition: number,
  batch: Buffer,
  timeoutMs: number,
): Call<ProduceAnswer> {
  return {
    api: API.produce,
    encode: () =>
      new WireWriter()
        .string(null)
        .int16(-1) // all in-sync replicas
        .int32(timeoutMs)
        .int32(1)
        .string(topic)
        .int32(1)
        .int32(topicPartition)
        .int32(batch.length)
        .raw(batch)
        .finish(),
    decode: (reader, version) => {
      const topics = reader.array(() => {
        reader.string()
        return reader.array(() => {
          reader.int32()
          const errorCode = reader.int16()
          const baseOffset = reader.int64()
          reader.int64()
          if (version >= 5) reader.int64()
          let errorMessage: string | null = null
          if (version >= 8) {
            reader.array(() => {
              reader.int32()
              reader.nullableString()
            })
            errorMessage = reader.nullableString()
          }
          return { errorCode, errorMessage, baseOffset }
        })
      })
      const answer = topics.flat()[0] ?? { errorCode: -1, errorMessage: null, baseOffset: -1 }
      return { ...answer, throttleMs: reader.int32() }
    },
  }
}
