import { BROKER_ERROR, brokerError, isTransient, topicRecreated } from './broker-errors.ts'
import {
  ClusterLink,
  type ClusterOptions,
  type TopicDescription,
  type TopicPartition,
} from './cluster-link.ts'
import type { BrokerConnection } from './connection.ts'
import { KafkaError } from './errors.ts'
import type { Call, Throttled } from './requests/call.ts'
import { commitGroupOffsetsCall, fetchGroupOffsetsCall } from './requests/group-offsets.ts'
import type { BrokerNode } from './requests/metadata.ts'
import { epochEndsCall, listOffsetsCall, type ListedOffset } from './requests/offsets.ts'
import { createTopicCall, deleteTopicCall, type NewTopic } from './requests/topics.ts'
import type { ClusterConfig } from './security.ts'

export type { ClusterOptions, TopicDescription, TopicPartition } from './cluster-link.ts'

/** A position in a log: a name, or the first record at or after a time (ms since the epoch). */
export type OffsetSpec =
  | { readonly at: 'earliest' | 'latest' | 'lastStable' }
  | { readonly at: 'time'; readonly timestampMs: number }

const LATEST = -1
const EARLIEST = -2

/**
 * The one port to a Kafka cluster: everything else of the agent speaks to Kafka through it. Every
 * operation throws KafkaError only, and repeats by itself what failed for a moment.
 */
export class Cluster {
  readonly #link: ClusterLink

  /** Connects only when asked something. Throws INVALID_CONFIGURATION. */
  constructor(config: ClusterConfig, options: ClusterOptions = {}) {
    this.#link = new ClusterLink(config, options)
  }

  get bootstrap(): string {
    return this.#link.bootstrap
  }

  /** Closes every connection; whatever is under way fails with CANCELLED. */
  close(): void {
    this.#link.close()
  }

  /** The brokers of the cluster: enough to know that it can be reached and accepts the user. */
  async describeCluster(): Promise<{ clusterId: string | null; brokers: readonly BrokerNode[] }> {
    const { clusterId, brokers } = await this.#link.metadata([])
    return { clusterId, brokers }
  }

  /**
   * One offset per topic partition asked for (all when `topicPartitions` is absent), by number.
   * By time: offset -1 where no record is late enough, never a substitute.
   */
  async listOffsets(
    topic: string,
    spec: OffsetSpec,
    topicPartitions?: readonly number[],
  ): Promise<Map<number, ListedOffset>> {
    const timestamp =
      spec.at === 'time' ? spec.timestampMs : spec.at === 'earliest' ? EARLIEST : LATEST
    const found = new Map<number, ListedOffset>()
    const description = await this.describeTopic(topic)
    const wanted = topicPartitions ?? description.topicPartitions.map((one) => one.topicPartition)
    await this.#link.retrying({ topic }, async (attempt) => {
      if (attempt > 1) await this.describeTopic(topic)
      const missing = wanted.filter((number) => !found.has(number))
      await this.#link.eachLeader(topic, missing, async (leaderId, partitions) => {
        const at = partitions.map(({ topicPartition, leaderEpoch }) => ({
          topicPartition,
          currentLeaderEpoch: leaderEpoch,
        }))
        const call = listOffsetsCall(topic, at, timestamp, spec.at === 'lastStable')
        for (const offset of (await this.send(leaderId, call)).offsets) {
          const where = { topic, topicPartition: offset.topicPartition, bootstrap: this.bootstrap }
          if (offset.errorCode !== 0) throw brokerError(offset.errorCode, 'ListOffsets', where)
          found.set(offset.topicPartition, offset)
        }
      })
    })
    return new Map([...found].sort(([a], [b]) => a - b))
  }

  /**
   * Where each pinned leader epoch ends now, by topic partition. An end below an offset that was
   * readable in that epoch means that the log was truncated.
   */
  async epochEnds(
    topic: string,
    pinned: readonly { readonly topicPartition: number; readonly leaderEpoch: number }[],
  ): Promise<Map<number, { leaderEpoch: number; endOffset: number }>> {
    const epochs = new Map(pinned.map((one) => [one.topicPartition, one.leaderEpoch]))
    const found = new Map<number, { leaderEpoch: number; endOffset: number }>()
    await this.#link.retrying({ topic }, async () => {
      await this.describeTopic(topic)
      const missing = [...epochs.keys()].filter((number) => !found.has(number))
      await this.#link.eachLeader(topic, missing, async (leaderId, partitions) => {
        const asked = partitions.map(({ topicPartition, leaderEpoch }) => ({
          topicPartition,
          currentLeaderEpoch: leaderEpoch,
          leaderEpoch: epochs.get(topicPartition) ?? -1,
        }))
        for (const end of (await this.send(leaderId, epochEndsCall(topic, asked))).ends) {
          const where = { topic, topicPartition: end.topicPartition, bootstrap: this.bootstrap }
          if (end.errorCode !== 0) throw brokerError(end.errorCode, 'OffsetForLeaderEpoch', where)
          found.set(end.topicPartition, { leaderEpoch: end.leaderEpoch, endOffset: end.endOffset })
        }
      })
    })
    return found
  }

  /** The group's committed offsets of the topic; topic partitions without one are absent. */
  async fetchGroupOffsets(group: string, topic: string): Promise<Map<number, number>> {
    const { topicPartitions } = await this.describeTopic(topic)
    const call = fetchGroupOffsetsCall(
      group,
      topic,
      topicPartitions.map((one) => one.topicPartition),
    )
    const where = { group, topic, bootstrap: this.bootstrap }
    return await this.#link.retrying({ group, topic }, async () => {
      const answer = await this.#link.sendToCoordinator(group, call)
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'OffsetFetch', where)
      const offsets = new Map<number, number>()
      for (const { topicPartition, offset, errorCode } of answer.offsets) {
        if (errorCode !== 0) {
          throw brokerError(errorCode, 'OffsetFetch', { ...where, topicPartition })
        }
        if (offset >= 0) offsets.set(topicPartition, offset)
      }
      return offsets
    })
  }

  /**
   * Sets the group's offsets from outside, without joining it. Throws GROUP_ACTIVE when it has
   * live members, NOT_AUTHORIZED.
   */
  async commitGroupOffsets(
    group: string,
    topic: string,
    offsets: readonly { readonly topicPartition: number; readonly offset: number }[],
  ): Promise<void> {
    if (offsets.length === 0) return
    const call = commitGroupOffsetsCall(group, topic, offsets)
    await this.#link.retrying({ group, topic }, async () => {
      for (const { topicPartition, errorCode } of (await this.#link.sendToCoordinator(group, call))
        .partitions) {
        const where = { group, topic, topicPartition, bootstrap: this.bootstrap }
        if (errorCode !== 0) throw brokerError(errorCode, 'OffsetCommit', where)
      }
    })
  }

  /** Throws TOPIC_EXISTS. Resolves when every topic partition has a leader. */
  async createTopic(topic: NewTopic): Promise<TopicDescription> {
    const where = { topic: topic.topic, bootstrap: this.bootstrap }
    await this.#link.retrying(where, async () => {
      const call = createTopicCall(topic, this.#link.requestTimeoutMs)
      const { errorCode, errorMessage } = await this.#link.sendToController(call)
      if (errorCode === 0) return
      const refused = brokerError(errorCode, 'CreateTopics', where)
      throw errorMessage === null || isTransient(errorCode)
        ? refused
        : new KafkaError(refused.code, `CreateTopics: ${errorMessage}`, { where })
    })
    return await this.#link.retrying(where, async () => {
      // The broker asked may not have heard of the new topic yet.
      const description = await this.describeTopic(topic.topic).catch((error: unknown) => {
        if (error instanceof KafkaError && error.code === 'TOPIC_NOT_FOUND') return null
        throw error
      })
      if (description === null || description.topicPartitions.some((one) => one.leaderId < 0)) {
        throw brokerError(BROKER_ERROR.LEADER_NOT_AVAILABLE, 'Metadata', where)
      }
      return description
    })
  }

  /** Throws TOPIC_NOT_FOUND. */
  async deleteTopic(topic: string): Promise<void> {
    const where = { topic, bootstrap: this.bootstrap }
    const call = deleteTopicCall(topic, this.#link.requestTimeoutMs)
    const { errorCode } = await this.#link.sendToController(call)
    this.#link.forgetTopic(topic)
    if (errorCode !== 0) throw brokerError(errorCode, 'DeleteTopics', where)
  }

  /**
   * Throws TOPIC_RECREATED when the topic of that name is not the pinned one any more. A null id
   * (brokers before 2.8) cannot be compared and passes.
   */
  async assertSameTopic(topic: string, topicId: string | null): Promise<void> {
    if (topicId === null) return
    const now = (await this.describeTopic(topic)).topicId
    if (now !== topicId) throw topicRecreated(topic, topicId, now, this.bootstrap)
  }

  /** Topic id, topic partitions, leaders and their epochs, as of now. Throws TOPIC_NOT_FOUND, NOT_AUTHORIZED. */
  async describeTopic(topic: string): Promise<TopicDescription> {
    return await this.#link.describeTopic(topic)
  }

  /** The leader as last heard; asks when nothing was heard or `refresh` is set. */
  async leaderOf(
    topic: string,
    topicPartition: number,
    refresh: boolean,
  ): Promise<TopicPartition & { readonly topicId: string | null }> {
    return await this.#link.leaderOf(topic, topicPartition, refresh)
  }

  /** Sends any request to a broker by its id and gives the connection back. */
  async send<T extends Throttled>(brokerId: number, call: Call<T>): Promise<T> {
    return await this.#link.send(brokerId, call)
  }

  /**
   * A connection of one's own to a broker, for a sequence of requests. Give it back with `release`,
   * closed if a request is still in flight.
   */
  async borrow(brokerId: number): Promise<BrokerConnection> {
    return await this.#link.borrow(brokerId)
  }

  release(connection: BrokerConnection): void {
    this.#link.release(connection)
  }
}
