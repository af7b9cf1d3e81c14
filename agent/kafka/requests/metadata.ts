import { API } from '../api.ts'
import { WireWriter, type WireReader } from '../wire.ts'
import type { Call, Throttled } from './call.ts'

/**
 * Metadata request v1..v12:
 *   topics => [topic_id:UUID(v10+) name tags(v9+)]  allow_auto_topic_creation(v4+)
 *   include_cluster_authorized_operations(v8..10) include_topic_authorized_operations(v8+) tags(v9+)
 * Response:
 *   throttle_time_ms(v3+) brokers => [node_id host port rack] cluster_id(v2+) controller_id
 *   topics => [error_code name topic_id(v10+) is_internal
 *     partitions => [error_code index leader_id leader_epoch(v7+) replicas isr offline(v5+)]
 *     authorized_operations(v8+)]
 */

export interface ClusterMetadata extends Throttled {
  readonly brokers: readonly BrokerNode[]
  readonly controllerId: number
  readonly clusterId: string | null
  readonly topics: readonly TopicMetadata[]
}

export interface BrokerNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly name: string
  /** Kafka's notation of the UUID; null before Kafka 2.8. */
  readonly topicId: string | null
  readonly internal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly errorCode: number
  readonly topicPartition: number
  /** -1: none. */
  readonly leaderId: number
  /** -1: unknown (before Kafka 2.1). */
  readonly leaderEpoch: number
}

const NO_UUID = Buffer.alloc(16)

export function metadataCall(topics: readonly string[]): Call<ClusterMetadata> {
  return { api: API.metadata, encode: (version) => encode(topics, version), decode }
}

function encode(topics: readonly string[], version: number): Buffer {
  const writer = new WireWriter()
  if (version >= 9) {
    writer.compactArray(topics, (name) => {
      if (version >= 10) writer.raw(NO_UUID)
      writer.compactString(name).noTags()
    })
  } else {
    writer.array(topics, (name) => writer.string(name))
  }
  if (version >= 4) writer.boolean(false) // never create a topic by asking for it
  if (version >= 8 && version <= 10) writer.boolean(false)
  if (version >= 8) writer.boolean(false)
  if (version >= 9) writer.noTags()
  return writer.finish()
}

function decode(reader: WireReader, version: number): ClusterMetadata {
  const flexible = version >= 9
  const throttleMs = version >= 3 ? reader.int32() : 0
  const broker = (): BrokerNode => {
    const node = {
      id: reader.int32(),
      host: flexible ? reader.compactString() : reader.string(),
      port: reader.int32(),
      rack: flexible ? reader.compactNullableString() : reader.nullableString(),
    }
    if (flexible) reader.skipTags()
    return node
  }
  const brokers = flexible ? reader.compactArray(broker) : reader.array(broker)
  let clusterId: string | null = null
  if (version >= 2) clusterId = flexible ? reader.compactNullableString() : reader.nullableString()
  const controllerId = reader.int32()
  const topic = () => decodeTopic(reader, version)
  const topics = flexible ? reader.compactArray(topic) : reader.array(topic)
  return { throttleMs, brokers, clusterId, controllerId, topics }
}

function decodeTopic(reader: WireReader, version: number): TopicMetadata {
  const flexible = version >= 9
  const errorCode = reader.int16()
  const name = flexible ? reader.compactString() : reader.string()
  const topicId = version >= 10 ? reader.uuid() : null
  const internal = reader.boolean()
  const partition = () => decodePartition(reader, version)
  const partitions = flexible ? reader.compactArray(partition) : reader.array(partition)
  if (version >= 8) reader.int32()
  if (flexible) reader.skipTags()
  return { errorCode, name, topicId, internal, partitions }
}

function decodePartition(reader: WireReader, version: number): PartitionMetadata {
  const flexible = version >= 9
  const errorCode = reader.int16()
  const topicPartition = reader.int32()
  const leaderId = reader.int32()
  const leaderEpoch = version >= 7 ? reader.int32() : -1
  const brokerIds = () => {
    if (flexible) reader.compactArray(() => reader.int32())
    else reader.array(() => reader.int32())
  }
  brokerIds() // replicas
  brokerIds() // in-sync replicas
  if (version >= 5) brokerIds() // offline replicas
  if (flexible) reader.skipTags()
  return { errorCode, topicPartition, leaderId, leaderEpoch }
}
