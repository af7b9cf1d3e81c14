import { setTimeout as sleep } from 'node:timers/promises'

import { negotiate } from './api.ts'
import { BROKER_ERROR, brokerError, isTransient } from './broker-errors.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { BrokerConnection } from './connection.ts'
import { KafkaError, type KafkaErrorWhere } from './errors.ts'
import type { Call, Throttled } from './requests/call.ts'
import {
  commitGroupOffsetsCall,
  fetchGroupOffsetsCall,
  findCoordinatorCall,
} from './requests/group-offsets.ts'
import {
  metadataCall,
  type BrokerNode,
  type ClusterMetadata,
  type TopicMetadata,
} from './requests/metadata.ts'
import { epochEndsCall, listOffsetsCall, type ListedOffset } from './requests/offsets.ts'
import { createTopicCall, deleteTopicCall, type NewTopic } from './requests/topics.ts'
import { parseAddress, type BrokerAddress, type ClusterConfig } from './security.ts'

/**
 * The one port to a Kafka cluster. Everything else of the agent speaks to Kafka through it.
 *
 * L1. Nothing here is kept in step by timers: metadata are asked for when they are needed, and again
 *     after an answer that says they are stale.
 * L2. Retries end after `retryMs`; a cluster of which no bootstrap server answers is not retried.
 */

export interface ClusterOptions {
  readonly connectTimeoutMs?: number
  readonly requestTimeoutMs?: number
  /** Of one operation with all its retries. */
  readonly retryMs?: number
  /** An answer above it is refused before it is buffered. */
  readonly responseBytesMax?: number
}

export interface TopicDescription {
  readonly topic: string
  /** Kafka's notation of the UUID; null: the brokers are older than 2.8. */
  readonly topicId: string | null
  readonly internal: boolean
  /** Sorted by number. */
  readonly topicPartitions: readonly TopicPartition[]
}

export interface TopicPartition {
  readonly topicPartition: number
  /** -1: has no leader now. */
  readonly leaderId: number
  /** -1: unknown. */
  readonly leaderEpoch: number
}

/** A position in a log: a name, or the first record at or after a time (ms since the epoch). */
export type OffsetSpec =
  | { readonly at: 'earliest' | 'latest' | 'lastStable' }
  | { readonly at: 'time'; readonly timestampMs: number }

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000
const DEFAULT_RETRY_MS = 20_000
const DEFAULT_RESPONSE_BYTES_MAX = 256 * 1024 * 1024
const BACKOFF_FIRST_MS = 50
const BACKOFF_MAX_MS = 1_000
const TOPICS_CACHED_MAX = 1_000
const LATEST = -1
const EARLIEST = -2

export class Cluster {
  readonly bootstrap: string
  readonly #bootstrapServers: readonly BrokerAddress[]
  readonly #pool: ConnectionPool
  readonly #retryMs: number
  readonly #requestTimeoutMs: number
  #brokers = new Map<number, BrokerNode>()
  readonly #topics = new Map<string, TopicDescription>()
  #nextBootstrap = 0

  /** Connects only when asked something. Throws INVALID_CONFIGURATION. */
  constructor(config: ClusterConfig, options: ClusterOptions = {}) {
    if (config.bootstrapServers.length === 0) {
      throw new KafkaError('INVALID_CONFIGURATION', 'no bootstrap server is given', {
        action: 'name at least one as host:port',
      })
    }
    this.#bootstrapServers = config.bootstrapServers.map(parseAddress)
    this.bootstrap = config.bootstrapServers.join(',')
    this.#retryMs = options.retryMs ?? DEFAULT_RETRY_MS
    this.#requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
    this.#pool = new ConnectionPool(config, {
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      requestTimeoutMs: this.#requestTimeoutMs,
      responseBytesMax: options.responseBytesMax ?? DEFAULT_RESPONSE_BYTES_MAX,
    })
  }

  /** Closes every connection; whatever is under way fails with CANCELLED. */
  close(): void {
    this.#pool.close()
  }

  /** The brokers of the cluster: enough to know that it can be reached and accepts the user. */
  async describeCluster(): Promise<{ clusterId: string | null; brokers: readonly BrokerNode[] }> {
    const { clusterId, brokers } = await this.#metadata([])
    return { clusterId, brokers }
  }

  /** Topic id, topic partitions, leaders and their epochs, as of now. Throws TOPIC_NOT_FOUND, NOT_AUTHORIZED. */
  async describeTopic(topic: string): Promise<TopicDescription> {
    return await this.#retrying({ topic }, async () => {
      const { topics } = await this.#metadata([topic])
      return this.#rememberTopic(topic, topics[0])
    })
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
    await this.#retrying({ topic }, async (attempt) => {
      if (attempt > 1) await this.describeTopic(topic)
      const missing = wanted.filter((number) => !found.has(number))
      await this.#eachLeader(topic, missing, async (leaderId, partitions) => {
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
    await this.#retrying({ topic }, async () => {
      await this.describeTopic(topic)
      const missing = [...epochs.keys()].filter((number) => !found.has(number))
      await this.#eachLeader(topic, missing, async (leaderId, partitions) => {
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
    return await this.#retrying({ group, topic }, async () => {
      const answer = await this.#sendToCoordinator(group, call)
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
    await this.#retrying({ group, topic }, async () => {
      for (const { topicPartition, errorCode } of (await this.#sendToCoordinator(group, call))
        .partitions) {
        const where = { group, topic, topicPartition, bootstrap: this.bootstrap }
        if (errorCode !== 0) throw brokerError(errorCode, 'OffsetCommit', where)
      }
    })
  }

  /** Throws TOPIC_EXISTS. Resolves when every topic partition has a leader. */
  async createTopic(topic: NewTopic): Promise<TopicDescription> {
    const where = { topic: topic.topic, bootstrap: this.bootstrap }
    await this.#retrying(where, async () => {
      const call = createTopicCall(topic, this.#requestTimeoutMs)
      const { errorCode, errorMessage } = await this.#sendToController(call)
      if (errorCode === 0) return
      const refused = brokerError(errorCode, 'CreateTopics', where)
      throw errorMessage === null || isTransient(errorCode)
        ? refused
        : new KafkaError(refused.code, `CreateTopics: ${errorMessage}`, { where })
    })
    return await this.#retrying(where, async () => {
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
    const call = deleteTopicCall(topic, this.#requestTimeoutMs)
    const { errorCode } = await this.#sendToController(call)
    this.#topics.delete(topic)
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

  /** The leader as last heard; asks when nothing was heard or `refresh` is set. */
  async leaderOf(
    topic: string,
    topicPartition: number,
    refresh: boolean,
  ): Promise<TopicPartition & { readonly topicId: string | null }> {
    const cached = refresh ? undefined : this.#topics.get(topic)
    const description = cached ?? (await this.describeTopic(topic))
    const partition = description.topicPartitions.find(
      (one) => one.topicPartition === topicPartition,
    )
    if (partition === undefined) {
      throw new KafkaError('TOPIC_PARTITION_NOT_FOUND', 'the topic has no such partition', {
        where: { topic, topicPartition, bootstrap: this.bootstrap },
        action: `it has ${description.topicPartitions.length}`,
      })
    }
    return { ...partition, topicId: description.topicId }
  }

  /** Sends any request to a broker by its id and gives the connection back. */
  async send<T extends Throttled>(brokerId: number, call: Call<T>): Promise<T> {
    return await this.#sendTo(this.#addressOf(brokerId), call)
  }

  /**
   * A connection of one's own to a broker, for a sequence of requests. Give it back with `release`,
   * closed if a request is still in flight.
   */
  async borrow(brokerId: number): Promise<BrokerConnection> {
    return await this.#pool.borrow(this.#addressOf(brokerId))
  }

  release(connection: BrokerConnection): void {
    this.#pool.release(connection)
  }

  #addressOf(brokerId: number): BrokerAddress {
    const node = this.#brokers.get(brokerId)
    if (node !== undefined) return node
    throw new KafkaError('NOT_LEADER', `broker ${brokerId} is not known`, {
      where: { bootstrap: this.bootstrap },
    })
  }

  async #sendTo<T extends Throttled>(address: BrokerAddress, call: Call<T>): Promise<T> {
    const connection = await this.#pool.borrow(address)
    try {
      return await sendCall(connection, call)
    } finally {
      this.#pool.release(connection)
    }
  }

  /** From any broker: the known ones after the bootstrap servers. */
  async #metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const first = this.#nextBootstrap++
    const count = this.#bootstrapServers.length
    const servers = this.#bootstrapServers.map(
      (_, i) => this.#bootstrapServers[(first + i) % count],
    )
    let failure: unknown = null
    for (const address of [...servers, ...this.#brokers.values()]) {
      if (address === undefined) continue
      try {
        const metadata = await this.#sendTo(address, metadataCall(topics))
        this.#brokers = new Map(metadata.brokers.map((node) => [node.id, node]))
        return metadata
      } catch (error) {
        if (!(error instanceof KafkaError) || error.code !== 'UNREACHABLE') throw error
        failure = error
      }
    }
    if (count === 1 && this.#brokers.size === 0) throw failure
    throw new KafkaError('UNREACHABLE', `no broker answers; the last one: ${String(failure)}`, {
      where: { bootstrap: this.bootstrap },
      cause: failure,
    })
  }

  #rememberTopic(topic: string, metadata: TopicMetadata | undefined): TopicDescription {
    const where = { topic, bootstrap: this.bootstrap }
    const errorCode = metadata?.errorCode ?? BROKER_ERROR.UNKNOWN_TOPIC_OR_PARTITION
    if (metadata === undefined || errorCode !== 0) {
      this.#topics.delete(topic)
      throw metadataError(errorCode, where)
    }
    const topicPartitions = metadata.partitions
      .map(({ topicPartition, leaderId, leaderEpoch }) => ({
        topicPartition,
        leaderId,
        leaderEpoch,
      }))
      .sort((a, b) => a.topicPartition - b.topicPartition)
    const { topicId, internal } = metadata
    const description = { topic, topicId, internal, topicPartitions }
    if (this.#topics.size >= TOPICS_CACHED_MAX) this.#topics.clear()
    this.#topics.set(topic, description)
    return description
  }

  async #eachLeader(
    topic: string,
    numbers: readonly number[],
    ask: (leaderId: number, partitions: readonly TopicPartition[]) => Promise<void>,
  ): Promise<void> {
    const byLeader = new Map<number, TopicPartition[]>()
    for (const number of numbers) {
      const partition = await this.leaderOf(topic, number, false)
      if (partition.leaderId < 0) {
        const where = { topic, topicPartition: number, bootstrap: this.bootstrap }
        throw brokerError(BROKER_ERROR.LEADER_NOT_AVAILABLE, 'Metadata', where)
      }
      byLeader.set(partition.leaderId, [...(byLeader.get(partition.leaderId) ?? []), partition])
    }
    await Promise.all([...byLeader].map(([leaderId, partitions]) => ask(leaderId, partitions)))
  }

  async #sendToCoordinator<T extends Throttled>(group: string, call: Call<T>): Promise<T> {
    if (this.#brokers.size === 0) await this.#metadata([])
    const [any] = this.#brokers.values()
    if (any === undefined)
      throw brokerError(BROKER_ERROR.COORDINATOR_NOT_AVAILABLE, 'Metadata', { group })
    const coordinator = await this.#sendTo(any, findCoordinatorCall(group))
    const where = { group, bootstrap: this.bootstrap }
    if (coordinator.errorCode !== 0) {
      throw brokerError(coordinator.errorCode, 'FindCoordinator', where)
    }
    return await this.#sendTo(coordinator, call)
  }

  async #sendToController<T extends Throttled>(call: Call<T>): Promise<T> {
    const { controllerId } = await this.#metadata([])
    return await this.send(controllerId, call)
  }

  /** L2. Repeats what failed for a moment only: a moving leader, a coordinator that loads, a lost connection. */
  async #retrying<T>(where: KafkaErrorWhere, work: (attempt: number) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.#retryMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(attempt)
      } catch (error) {
        const retryable = error instanceof KafkaError && error.retryable
        const final = !retryable || error.code === 'GROUP_ACTIVE' || noBrokerAnswers(error)
        if (final || performance.now() > giveUpAt) throw error
        if (error.code === 'UNREACHABLE') await this.#metadata(where.topic ? [where.topic] : [])
      }
      await sleep(Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1)))
    }
  }
}

/** Asked for by name and unknown: that is an answer, not something to wait for. */
function metadataError(errorCode: number, where: KafkaErrorWhere): KafkaError {
  const error = brokerError(errorCode, 'Metadata', where)
  if (error.code !== 'TOPIC_NOT_FOUND') return error
  return new KafkaError(
    'TOPIC_NOT_FOUND',
    'the topic does not exist, or this user may not see it',
    {
      where,
      action: error.action,
    },
  )
}

function noBrokerAnswers(error: KafkaError): boolean {
  return error.code === 'UNREACHABLE' && error.where.broker === undefined
}

/** Negotiates the version, sends, decodes, and honours the broker's throttle. */
export async function sendCall<T extends Throttled>(
  connection: BrokerConnection,
  call: Call<T>,
): Promise<T> {
  const version = negotiate(call.api, connection.versions, connection.where, call.versionMax)
  const reader = await connection.request({
    api: call.api,
    version,
    body: call.encode(version),
    ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
  })
  const answer = call.decode(reader, version)
  connection.throttle(answer.throttleMs)
  return answer
}

export function topicRecreated(
  topic: string,
  pinned: string,
  now: string | null,
  bootstrap: string,
): KafkaError {
  const what = `the topic was deleted and made again: its id is ${now ?? 'unknown'}, the plan read ${pinned}`
  return new KafkaError('TOPIC_RECREATED', what, {
    where: { topic, bootstrap },
    action:
      'start a new run; if the old position means nothing any more, begin from the earliest offset',
  })
}
