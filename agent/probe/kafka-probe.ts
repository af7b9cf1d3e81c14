/** The stages of a Kafka data source: from the name of a bootstrap server to one record. */
import type { KafkaConnection } from '../../proto/gen/sluice/agent/v1/KafkaConnection.ts'
import { brokerError } from '../kafka/broker-errors.ts'
import { Cluster, type TopicDescription } from '../kafka/cluster.ts'
import { BrokerConnection } from '../kafka/connection.ts'
import { KafkaError } from '../kafka/errors.ts'
import { readRange } from '../kafka/reader.ts'
import { fetchCall } from '../kafka/requests/fetch.ts'
import { type BrokerNode, metadataCall } from '../kafka/requests/metadata.ts'
import {
  addressText,
  type BrokerAddress,
  type ClusterConfig,
  kafkajsSasl,
  parseAddress,
} from '../kafka/security.ts'
import { sendCall } from '../kafka/send-call.ts'
import { clusterConfig } from '../work/kafka-connection.ts'
import { listed } from './network.ts'
import { ProbeError } from './probe-error.ts'
import { Reach, type Resolved } from './reach.ts'
import { passed, type Seen, skipped, type Stage } from './stages.ts'
import { speaksTls } from './tls.ts'

/** An answer to one small request. */
const REQUEST_MS_MAX = 8_000
const RETRY_MS_MAX = 2_000
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** Enough for a first batch; a larger one is read all the same. */
const READ_BYTES = 64 * 1024
const EMPTY_FETCH_WAIT_MS = 50

const LIMITS = {
  connectTimeoutMs: REQUEST_MS_MAX,
  requestTimeoutMs: REQUEST_MS_MAX,
  responseBytesMax: ANSWER_BYTES_MAX,
}

export class KafkaProbe {
  readonly #config: ClusterConfig
  readonly #topic: string
  readonly #bootstrap: Reach
  readonly #cluster: Cluster
  #description: TopicDescription | null = null

  /** Throws KafkaError (INVALID_CONFIGURATION). Opens nothing yet. */
  constructor(connection: KafkaConnection, topic: string) {
    this.#config = clusterConfig(connection)
    this.#topic = topic
    this.#bootstrap = new Reach(this.#config.bootstrapServers.map(parseAddress))
    this.#cluster = new Cluster(this.#config, { ...LIMITS, retryMs: RETRY_MS_MAX })
  }

  get stages(): readonly Stage[] {
    return [
      { name: 'dns', run: () => this.#bootstrap.dns() },
      { name: 'tcp', run: (signal) => this.#bootstrap.tcp(signal) },
      { name: 'tls', run: (signal) => this.#tls(this.#bootstrap, signal) },
      { name: 'authentication', run: (signal) => this.#authenticate(signal) },
      { name: 'metadata', run: (signal) => this.#metadata(signal) },
      { name: 'topic', run: () => this.#findTopic() },
      { name: 'read', run: (signal) => this.#read(signal) },
    ]
  }

  close(): void {
    this.#cluster.close()
  }

  async #tls(reach: Reach, signal: AbortSignal): Promise<Seen> {
    const { tls } = this.#config
    if (tls === null) return skipped('the data source does not use TLS')
    try {
      return await reach.tls(tls, { expectsPublicCa: false }, signal)
    } catch (error) {
      // A broker that is told to read a handshake as a request closes the connection without a word.
      if (!(error instanceof ProbeError) || error.code !== 'TLS_CUT') throw error
      const plain = { ...this.#config, tls: null, sasl: null }
      if (!(await this.#anyAnswers(plain))) throw error
      throw new ProbeError('TLS_NOT_SPOKEN', `${error.message}: it speaks Kafka without TLS`, error)
    }
  }

  async #anyAnswers(config: ClusterConfig): Promise<boolean> {
    const asked = this.#bootstrap.reachable.map(async ({ server }) => {
      const connection = await BrokerConnection.open(server, config, LIMITS)
      connection.close()
    })
    return (await Promise.allSettled(asked)).some(({ status }) => status === 'fulfilled')
  }

  /** Of every bootstrap server that answers. */
  async #authenticate(signal: AbortSignal): Promise<Seen> {
    const { sasl } = this.#config
    requireMechanism(this.#config)
    const outcomes = await Promise.allSettled(
      this.#bootstrap.reachable.map((one) => this.#openOne(one, signal)),
    )
    const failures = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    )
    const refused = failures.find((error) => !isUnreachable(error))
    const [first] = failures
    if (refused instanceof Error) throw refused
    if (first instanceof Error && failures.length === outcomes.length) throw first
    const who =
      sasl === null
        ? 'no user is configured, and none is asked for'
        : `${sasl.username} by ${sasl.mechanism}`
    const others = failures.map((error) => (error instanceof Error ? error.message : String(error)))
    return passed([who, ...others].join('; '))
  }

  async #openOne({ server, address }: Resolved, signal: AbortSignal): Promise<void> {
    let isOpen = false
    try {
      const connection = await BrokerConnection.open(server, this.#config, LIMITS)
      isOpen = true
      try {
        await sendCall(connection, metadataCall([]))
      } finally {
        connection.close()
      }
    } catch (error) {
      throw await this.#explained(error, server, address, isOpen, signal)
    }
  }

  /** A broker that does not understand closes the connection, and says nothing of the reason. */
  async #explained(
    error: unknown,
    server: BrokerAddress,
    address: string,
    isOpen: boolean,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (!(error instanceof KafkaError)) return error
    const isMute =
      isUnreachable(error) || error.code === 'PROTOCOL' || error.code === 'BATCH_TOO_LARGE'
    if (!isMute) return error
    const text = addressText(server)
    if (isOpen && this.#config.sasl === null) {
      const message = `${text} closed the connection at the first request after the greeting`
      return new ProbeError('SASL_EXPECTED', message, error)
    }
    if (isOpen) return error
    if (this.#config.tls === null && (await speaksTls(server, address, signal))) {
      return new ProbeError(
        'TLS_EXPECTED',
        `${text} speaks TLS, and the data source does not`,
        error,
      )
    }
    if (error.code === 'UNREACHABLE') {
      return new ProbeError(
        'NOT_KAFKA',
        `${text} takes connections but does not answer as a Kafka broker`,
        error,
      )
    }
    return error
  }

  /** The classic trap: clients go on with what brokers advertise, not with the bootstrap address. */
  async #metadata(signal: AbortSignal): Promise<Seen> {
    const { clusterId, brokers } = await this.#cluster.describeCluster()
    const reach = new Reach(brokers)
    for (const look of [() => reach.dns(), () => reach.tcp(signal)]) {
      await look().catch((error: unknown) => {
        if (!(error instanceof ProbeError)) throw error // else it is in `silent`
      })
    }
    const { servers, why } = reach.silent
    if (servers.length > 0) throw unreachableBrokers(brokers, servers, why)
    if (this.#config.tls !== null) await this.#tls(reach, signal)
    const nodes = listed(brokers.map((node) => `${node.id} at ${addressText(node)}`))
    return passed(`cluster ${clusterId ?? 'without an id'}, brokers that can be dialled: ${nodes}`)
  }

  async #findTopic(): Promise<Seen> {
    if (this.#topic === '') return skipped('no topic was named')
    const description = await this.#cluster.describeTopic(this.#topic)
    this.#description = description
    const { topicPartitions } = description
    const orphans = topicPartitions.filter(({ leaderId }) => leaderId < 0)
    if (orphans.length === topicPartitions.length) {
      throw new KafkaError('NOT_LEADER', 'no topic partition has a leader', {
        where: { topic: this.#topic },
      })
    }
    const missing = orphans.length === 0 ? '' : `, ${orphans.length} of them without a leader now`
    return passed(`${topicPartitions.length} topic partitions${missing}`)
  }

  async #read(signal: AbortSignal): Promise<Seen> {
    const description = this.#description
    if (description === null) return skipped('no topic was named')
    const { topic } = description
    const led = description.topicPartitions
      .filter(({ leaderId }) => leaderId >= 0)
      .map(({ topicPartition }) => topicPartition)
    const starts = await this.#cluster.listOffsets(topic, { at: 'earliest' }, led)
    const ends = await this.#cluster.listOffsets(topic, { at: 'lastStable' }, led)
    const filled = led.find((one) => offsetOf(ends, one) > offsetOf(starts, one))
    if (filled === undefined) return this.#readNothing(description, led[0]!, ends)
    const range = {
      topic,
      topicPartition: filled,
      startOffset: offsetOf(starts, filled),
      endOffset: offsetOf(ends, filled),
    }
    const spans = readRange(this.#cluster, range, {
      isolation: 'read_committed',
      pinned: { topicId: null, leaderEpoch: null },
      fetchBytesMax: READ_BYTES,
      noProgressMs: REQUEST_MS_MAX,
      signal,
    })
    for await (const { count, offsets } of spans) {
      if (count > 0) return passed(`a record of topic partition ${filled} at offset ${offsets[0]}`)
    }
    return passed(`topic partition ${filled} holds no record any more`)
  }

  /** The right to read is asked for all the same. */
  async #readNothing(
    { topic, topicId, topicPartitions }: TopicDescription,
    topicPartition: number,
    ends: ReadonlyMap<number, { readonly offset: number }>,
  ): Promise<Seen> {
    const { leaderId = -1 } =
      topicPartitions.find((one) => one.topicPartition === topicPartition) ?? {}
    const { errorCode } = await this.#cluster.send(
      leaderId,
      fetchCall({
        topic,
        topicId,
        topicPartition,
        offset: offsetOf(ends, topicPartition),
        leaderEpoch: -1,
        maxWaitMs: EMPTY_FETCH_WAIT_MS,
        minBytes: 1,
        maxBytes: READ_BYTES,
        readCommitted: true,
        timeoutMs: REQUEST_MS_MAX,
      }),
    )
    if (errorCode !== 0) throw brokerError(errorCode, 'Fetch', { topic, topicPartition })
    return passed('empty topic: the broker lets this user read it')
  }
}

function offsetOf(offsets: ReadonlyMap<number, { readonly offset: number }>, one: number): number {
  return offsets.get(one)?.offset ?? 0
}

function isUnreachable(error: unknown): boolean {
  return error instanceof KafkaError && error.code === 'UNREACHABLE'
}

/** A mechanism that we have not is no mistake of the data source. */
function requireMechanism({ sasl }: ClusterConfig): void {
  try {
    kafkajsSasl(sasl)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    throw new ProbeError('UNSUPPORTED', error.message, error)
  }
}

function unreachableBrokers(
  brokers: readonly BrokerNode[],
  silent: readonly BrokerAddress[],
  why: readonly string[],
): ProbeError {
  const named = brokers
    .filter((node) => silent.includes(node))
    .map((node) => `broker ${node.id} advertises ${addressText(node)}`)
  const message = `the bootstrap server answers, but ${listed(named)}: ${listed([...new Set(why)])}`
  return new ProbeError('ADVERTISED_UNREACHABLE', message)
}
