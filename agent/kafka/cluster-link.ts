import { setTimeout as sleep } from 'node:timers/promises'

import { BROKER_ERROR, brokerError } from './broker-errors.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { BrokerConnection } from './connection.ts'
import { KafkaError, type KafkaErrorWhere } from './errors.ts'
import type { Call, Throttled } from './requests/call.ts'
import { findCoordinatorCall } from './requests/group-offsets.ts'
import {
  metadataCall,
  type BrokerNode,
  type ClusterMetadata,
  type TopicMetadata,
} from './requests/metadata.ts'
import { parseAddress, type BrokerAddress, type ClusterConfig } from './security.ts'
import { sendCall } from './send-call.ts'

/**
 * Finds the broker that answers a request, and repeats what failed for a moment only.
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

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000
const DEFAULT_RETRY_MS = 20_000
const DEFAULT_RESPONSE_BYTES_MAX = 256 * 1024 * 1024
const BACKOFF_FIRST_MS = 50
const BACKOFF_MAX_MS = 1_000
const TOPICS_CACHED_MAX = 1_000
export class ClusterLink {
  readonly bootstrap: string
  readonly #bootstrapServers: readonly BrokerAddress[]
  readonly #pool: ConnectionPool
  readonly #retryMs: number
  readonly requestTimeoutMs: number
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
    this.requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
    this.#pool = new ConnectionPool(config, {
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      requestTimeoutMs: this.requestTimeoutMs,
      responseBytesMax: options.responseBytesMax ?? DEFAULT_RESPONSE_BYTES_MAX,
    })
  }

  /** Closes every connection; whatever is under way fails with CANCELLED. */
  close(): void {
    this.#pool.close()
  }

  /** Topic id, topic partitions, leaders and their epochs, as of now. Throws TOPIC_NOT_FOUND, NOT_AUTHORIZED. */
  async describeTopic(topic: string): Promise<TopicDescription> {
    return await this.retrying({ topic }, async () => {
      const { topics } = await this.metadata([topic])
      return this.#rememberTopic(topic, topics[0])
    })
  }

  forgetTopic(topic: string): void {
    this.#topics.delete(topic)
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
  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
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

  async eachLeader(
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

  async sendToCoordinator<T extends Throttled>(group: string, call: Call<T>): Promise<T> {
    if (this.#brokers.size === 0) await this.metadata([])
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

  async sendToController<T extends Throttled>(call: Call<T>): Promise<T> {
    const { controllerId } = await this.metadata([])
    return await this.send(controllerId, call)
  }

  /** L2. Repeats what failed for a moment only: a moving leader, a coordinator that loads, a lost connection. */
  async retrying<T>(where: KafkaErrorWhere, work: (attempt: number) => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.#retryMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(attempt)
      } catch (error) {
        const retryable = error instanceof KafkaError && error.retryable
        const final = !retryable || error.code === 'GROUP_ACTIVE' || noBrokerAnswers(error)
        if (final || performance.now() > giveUpAt) throw error
        if (error.code === 'UNREACHABLE') await this.metadata(where.topic ? [where.topic] : [])
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
