import { API } from '../api.ts'
import { WireWriter } from '../wire.ts'
import type { Call, Throttled } from './call.ts'

/**
 * CreateTopics v1..v4:
 *   topics => [name num_partitions replication_factor assignments configs => [name value]] timeout_ms validate_only
 * Response: throttle_time_ms(v2+) topics => [name error_code error_message]
 *
 * DeleteTopics v0..v3: names timeout_ms; throttle_time_ms(v1+) topics => [name error_code]
 */

export interface NewTopic {
  readonly topic: string
  readonly topicPartitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

export interface TopicAnswer extends Throttled {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function createTopicCall(topic: NewTopic, timeoutMs: number): Call<TopicAnswer> {
  return {
    api: API.createTopics,
    encode: () => {
      const writer = new WireWriter().int32(1).string(topic.topic)
      writer.int32(topic.topicPartitions).int16(topic.replicationFactor).int32(0)
      writer.array(Object.entries(topic.config), ([name, value]) => {
        writer.string(name).string(value)
      })
      return writer.int32(timeoutMs).boolean(false).finish()
    },
    decode: (reader, version) => {
      const throttleMs = version >= 2 ? reader.int32() : 0
      const [answer] = reader.array(() => {
        reader.string()
        return { errorCode: reader.int16(), errorMessage: reader.nullableString() }
      })
      return { throttleMs, errorCode: -1, errorMessage: null, ...answer }
    },
  }
}

export function deleteTopicCall(topic: string, timeoutMs: number): Call<TopicAnswer> {
  return {
    api: API.deleteTopics,
    encode: () => new WireWriter().int32(1).string(topic).int32(timeoutMs).finish(),
    decode: (reader, version) => {
      const throttleMs = version >= 1 ? reader.int32() : 0
      const [answer] = reader.array(() => {
        reader.string()
        return { errorCode: reader.int16() }
      })
      return { throttleMs, errorCode: -1, errorMessage: null, ...answer }
    },
  }
}
