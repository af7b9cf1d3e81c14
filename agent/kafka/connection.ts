import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import KafkajsConnection from 'kafkajs/src/network/connection.js'
import KafkajsEncoder from 'kafkajs/src/protocol/encoder.js'

import { API, type Api, type ApiVersions } from './api.ts'
import { ADVICE_UNREACHABLE, connectionError, lostConnection } from './connection-errors.ts'
import { KafkaError } from './errors.ts'
import { FrameReader } from './frame-reader.ts'
import {
  addressText,
  kafkajsSasl,
  tlsOptions,
  type BrokerAddress,
  type ClusterConfig,
} from './security.ts'
import { WireReader } from './wire.ts'

/**
 * One connection to one broker: kafkajs' socket, framing, SASL and TLS; our requests.
 *
 * C1. One request in flight. kafkajs routes every answer to the SASL handlers while it
 *     re-authenticates, so a second request in flight then could be lost; and a long-poll Fetch
 *     would hold back whatever is queued behind it.
 * C2. After any failure (deadline, abort, broken frame) the connection is closed and never used
 *     again: a late answer cannot be taken for that of a later request.
 * C3. kafkajs' own timers are off: its request timeouts poll every 100 ms, and its check for pending
 *     requests re-arms itself with a negative delay for ever (kafkajs #1751). Deadlines and throttle
 *     are ours.
 *     Its framing concatenates a copy of every answer; ours fills two buffers in turn (FrameReader).
 * C4. An answer above `responseBytesMax` is refused when its size field is read, before it is buffered.
 */

export interface ConnectionLimits {
  /** TCP, TLS, ApiVersions and SASL together. */
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly responseBytesMax: number
}

export interface RawRequest {
  readonly api: Api
  readonly version: number
  readonly body: Buffer
  /** Instead of the connection's own deadline. */
  readonly timeoutMs?: number
}

const KEEP_ALIVE_MS = 60_000
const SASL_AUTHENTICATE_KEY = 36
const CORRELATION_ID_BYTES = 4
const NO_TAGS = Buffer.of(0)

const silent = {
  namespace: () => silent,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
}

export class BrokerConnection {
  readonly address: BrokerAddress
  readonly bootstrap: string
  readonly #limits: ConnectionLimits
  readonly #inner: KafkajsConnection
  readonly #frames: FrameReader
  /** kafkajs' own framing: only for the bare SASL bytes of brokers before Kafka 1.0. */
  readonly #processAuthentication: (chunk: Buffer) => void
  #socket: Socket | null = null
  #versions: ApiVersions = {}
  #failure: KafkaError | null = null
  #inFlight = false
  #throttledUntilMs = 0
  /** Fails the request in flight. One slot, not a promise raced again and again: that would leak. */
  #onClose: ((error: KafkaError) => void) | null = null

  private constructor(address: BrokerAddress, config: ClusterConfig, limits: ConnectionLimits) {
    this.address = address
    this.bootstrap = config.bootstrapServers.join(',')
    this.#limits = limits
    this.#inner = new KafkajsConnection({
      host: address.host,
      port: address.port,
      clientId: config.clientId,
      logger: silent,
      socketFactory: (args) => this.#openSocket(args),
      requestTimeout: limits.requestTimeoutMs,
      connectionTimeout: limits.connectTimeoutMs,
      enforceRequestTimeout: false, // C3
      ssl: tlsOptions(config.tls),
      sasl: kafkajsSasl(config.sasl),
    })
    this.#inner.requestQueue.scheduleCheckPendingRequests = () => {} // C3; nothing is ever pending: C1
    this.#processAuthentication = this.#inner.processData.bind(this.#inner)
    this.#inner.processData = (chunk) => this.#receive(chunk)
    this.#frames = new FrameReader(limits.responseBytesMax, (frame) => this.#fulfil(frame))
  }

  /** Connects, negotiates and authenticates. Throws UNREACHABLE, AUTHENTICATION_FAILED. */
  static async open(
    address: BrokerAddress,
    config: ClusterConfig,
    limits: ConnectionLimits,
  ): Promise<BrokerConnection> {
    const connection = new BrokerConnection(address, config, limits)
    await connection.#withDeadline('connecting', limits.connectTimeoutMs, async () => {
      await connection.#inner.connect()
      await connection.#negotiate()
      await connection.#inner.authenticate()
    })
    return connection
  }

  get alive(): boolean {
    return this.#failure === null && this.#inner.isConnected()
  }

  get versions(): ApiVersions {
    return this.#versions
  }

  get where(): { bootstrap: string; broker: string } {
    return { bootstrap: this.bootstrap, broker: addressText(this.address) }
  }

  /**
   * Sends one request and resolves with its answer, positioned behind the response header. Bytes of a
   * large answer are overwritten by the next but one: whoever keeps them longer copies them.
   * Throws UNREACHABLE (also after the deadline) or AUTHENTICATION_FAILED; closed then (C2).
   */
  async request(request: RawRequest): Promise<WireReader> {
    if (this.#inFlight) throw new Error('invariant C1: one request in flight a connection')
    this.#inFlight = true
    try {
      await this.#waitForThrottle()
      const timeoutMs = request.timeoutMs ?? this.#limits.requestTimeoutMs
      return await this.#withDeadline(request.api.name, timeoutMs, () => this.#send(request))
    } finally {
      this.#inFlight = false
    }
  }

  /** Tells how long the broker wants us to be silent (KIP-219); the next request waits for it. */
  throttle(throttleMs: number): void {
    if (throttleMs > 0) this.#throttledUntilMs = performance.now() + throttleMs
  }

  /** Idempotent. A request in flight fails with `reason`. */
  close(reason?: KafkaError): void {
    if (this.#failure !== null) return
    this.#failure = reason ?? new KafkaError('CANCELLED', 'the connection was closed')
    this.#onClose?.(this.#failure)
    this.#inner.rejectRequests(this.#failure)
    this.#socket?.destroy()
    this.#inner.disconnect().catch(() => {}) // only flips kafkajs' own state
  }

  async #negotiate(): Promise<void> {
    const reader = await this.#send({ api: API.apiVersions, version: 0, body: Buffer.alloc(0) })
    const error = reader.int16()
    if (error !== 0) {
      throw new KafkaError('UNSUPPORTED_VERSION', `ApiVersions was answered with error ${error}`, {
        where: this.where,
        action: 'Kafka 0.11 to 4.x are supported',
      })
    }
    const versions: Record<number, { minVersion: number; maxVersion: number }> = {}
    reader.array(() => {
      versions[reader.int16()] = { minVersion: reader.int16(), maxVersion: reader.int16() }
    })
    this.#versions = versions
    this.#inner.setVersions(versions)
    this.#inner.setSupportAuthenticationProtocol(SASL_AUTHENTICATE_KEY in versions)
  }

  async #send({ api, version, body }: RawRequest): Promise<WireReader> {
    const flexible = version >= api.flexibleFrom
    return this.#inner.send<WireReader>({
      request: {
        apiKey: api.key,
        apiVersion: version,
        apiName: api.name,
        encode: () => {
          const encoder = new KafkajsEncoder(body.length + 1)
          if (flexible) encoder.writeBufferInternal(NO_TAGS) // end of request header v2
          encoder.writeBufferInternal(body)
          return Promise.resolve(encoder)
        },
      },
      response: {
        decode: (payload) => Promise.resolve({ clientSideThrottleTime: 0, payload }),
        parse: ({ payload }) => {
          const reader = new WireReader(payload)
          if (flexible) reader.skipTags()
          return Promise.resolve(reader)
        },
      },
      logResponseError: false,
    })
  }

  async #waitForThrottle(): Promise<void> {
    const waitMs = this.#throttledUntilMs - performance.now()
    if (waitMs <= 0) return
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onClose = reject
        timer = setTimeout(resolve, waitMs)
      })
    } finally {
      clearTimeout(timer)
      this.#onClose = null
    }
  }

  async #withDeadline<T>(what: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const late = () => {
      const text = `no answer to ${what} within ${timeoutMs} ms`
      this.close(
        new KafkaError('UNREACHABLE', text, { where: this.where, action: ADVICE_UNREACHABLE }),
      )
    }
    const timer = setTimeout(late, timeoutMs)
    try {
      return await new Promise<T>((resolve, reject) => {
        // kafkajs cannot abandon a connection attempt or an authentication by itself.
        this.#onClose = reject
        work().then(resolve, reject)
      })
    } catch (error) {
      const failure = this.#failure ?? connectionError(what, error, this.where)
      this.close(failure)
      throw failure
    } finally {
      clearTimeout(timer)
      this.#onClose = null
    }
  }

  #openSocket(args: SocketArguments): Socket {
    const { host, port, ssl, onConnect } = args
    const socket =
      ssl === null
        ? connectTcp({ host, port, onread: this.#ownBuffer() }, onConnect)
        : connectTls(
            { host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl },
            onConnect,
          )
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.setNoDelay(true)
    // Without `end` or `error` kafkajs would never hear of it.
    socket.once('close', () => this.close(lostConnection(this.where)))
    this.#socket = socket
    return socket
  }

  /** Plain TCP reads into our buffers; TLS allocates a chunk for each record. */
  #ownBuffer(): OnReadOpts {
    return {
      buffer: () => this.#frames.space(),
      callback: (bytes, buffer) => {
        if (this.#inner.authHandlers === null) this.#toFrames(() => this.#frames.filled(bytes))
        else this.#receive(Buffer.from(buffer.buffer, buffer.byteOffset, bytes))
        return true
      },
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#inner.authHandlers === null) this.#toFrames(() => this.#frames.push(chunk))
    else if (this.#failure === null) this.#processAuthentication(chunk)
  }

  #toFrames(give: () => void): void {
    if (this.#failure !== null) return
    try {
      give()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.close(
        new KafkaError(error.code, error.message, { where: this.where, action: error.action }),
      )
    }
  }

  #fulfil(frame: Buffer): void {
    const payload = frame.subarray(CORRELATION_ID_BYTES)
    const correlationId = frame.readInt32BE(0)
    this.#inner.requestQueue.fulfillRequest({ size: frame.length, correlationId, payload })
  }
}

interface SocketArguments {
  readonly host: string
  readonly port: number
  readonly ssl: object | null
  readonly onConnect: () => void
}
