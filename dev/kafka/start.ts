import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, closeSync, readFileSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'

import { installKafka, storageTemplate, type KafkaInstall } from './install.ts'
import { brokerAnswers } from './ready.ts'

const HOST_DEFAULT = '127.0.0.1'
/** The controller is the broker's own: nobody else talks to it. */
const CONTROLLER_HOST = '127.0.0.1'
const READY_TIMEOUT_MS = 60_000
const READY_POLL_MS = 50
const STOP_TIMEOUT_MS = 20_000
/** Room for values of 8 to 20 MB. */
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024
const PORT_TRIES_MAX = 3
const HEAP_MB_DEFAULT = 512

export interface KafkaOptions {
  /** Holds the log, the configuration and the ports: a broker started on it again is the same one. */
  readonly dataDir: string
  /** Where it listens and says that it is; loopback when absent. */
  readonly host?: string
  /** 0 or absent: a free one. */
  readonly port?: number
  /** Where broker.log goes; the data directory when absent. */
  readonly logDir?: string
  /** More or other broker properties. */
  readonly properties?: Readonly<Record<string, string>>
  readonly heapMb?: number
  /** Ready in about 2.5 s instead of 4, and slower under load: for tests. */
  readonly fastStart?: boolean
}

export interface RunningKafka {
  readonly bootstrap: string
  readonly pid: number
  /** Milliseconds from spawn to the first answered Metadata request. */
  readonly readyMs: number
  /** An orderly shutdown. */
  stop(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** The same without waiting for it: for `process.on('exit')`. */
  killNow(): void
  /** Stops (or finds killed) and starts again on the same ports and data. */
  restart(): Promise<void>
}

/**
 * One node of Apache Kafka (KRaft, broker and controller in one process).
 * Resolves when it has answered a Metadata request. Throws an Error with the end of its log when it does not.
 */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const kafka = await installKafka()
  const dataDir = resolve(options.dataDir)
  const logDir = resolve(options.logDir ?? options.dataDir)
  await mkdir(dataDir, { recursive: true })
  await mkdir(logDir, { recursive: true })
  const host = options.host ?? HOST_DEFAULT
  const template = await storageTemplate(kafka, (dir) =>
    brokerProperties(dir, HOST_DEFAULT, 19_092, 19_093, {}),
  )
  const storage = join(dataDir, 'log')
  if (!existsSync(storage)) await cp(template, storage, { recursive: true })

  let node: BrokerProcess | null = null
  for (let attempt = 1; node === null; attempt++) {
    const port = options.port || (await freePort())
    const candidate = new BrokerProcess(kafka, dataDir, logDir, port, options)
    const text = brokerProperties(storage, host, port, await freePort(), options.properties ?? {})
    await writeFile(candidate.configPath, text)
    try {
      await candidate.start()
      node = candidate
    } catch (error) {
      // A free port may be taken by someone else between the look and the bind.
      const taken = error instanceof Error && error.message.includes('Address already in use')
      if (!taken || options.port || attempt === PORT_TRIES_MAX) throw error
    }
  }
  return node
}

function brokerProperties(
  storage: string,
  host: string,
  port: number,
  controllerPort: number,
  extra: Readonly<Record<string, string>>,
): string {
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${CONTROLLER_HOST}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${CONTROLLER_HOST}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': storage,
    'auto.create.topics.enable': 'false',
    'num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // After kill -9 a broker may register again only when its old session is over (9 s by default).
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'message.max.bytes': String(MESSAGE_BYTES_MAX),
    'replica.fetch.max.bytes': String(MESSAGE_BYTES_MAX),
    'socket.request.max.bytes': String(128 * 1024 * 1024),
    // Tests of compaction and retention should not wait for the defaults (15 s, 5 min).
    'log.cleaner.backoff.ms': '200',
    'log.retention.check.interval.ms': '1000',
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    ...extra,
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

class BrokerProcess implements RunningKafka {
  readonly bootstrap: string
  readonly configPath: string
  readyMs = 0
  readonly #kafka: KafkaInstall
  readonly #host: string
  readonly #port: number
  readonly #logPath: string
  readonly #heapMb: number
  readonly #fastStart: boolean
  #child: ChildProcess | null = null

  constructor(
    kafka: KafkaInstall,
    dataDir: string,
    logDir: string,
    port: number,
    options: KafkaOptions,
  ) {
    this.#kafka = kafka
    this.#host = options.host ?? HOST_DEFAULT
    this.#port = port
    this.#heapMb = options.heapMb ?? HEAP_MB_DEFAULT
    this.#fastStart = options.fastStart ?? false
    this.#logPath = join(logDir, 'broker.log')
    this.configPath = join(dataDir, 'server.properties')
    this.bootstrap = `${this.#host}:${port}`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async start(): Promise<void> {
    const startedAt = performance.now()
    const child = this.#spawn()
    this.#child = child
    while (!(await brokerAnswers(this.#host, this.#port))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`Kafka ended at start (exit ${child.exitCode}):\n${this.#logTail()}`)
      }
      if (performance.now() - startedAt > READY_TIMEOUT_MS) {
        await this.kill()
        throw new Error(`Kafka did not answer within ${READY_TIMEOUT_MS} ms:\n${this.#logTail()}`)
      }
      await new Promise((wake) => setTimeout(wake, READY_POLL_MS))
    }
    this.readyMs = Math.round(performance.now() - startedAt)
  }

  #spawn(): ChildProcess {
    const log = openSync(this.#logPath, 'a')
    const jvm = [`-Xmx${this.#heapMb}m`, '-XX:+UseSerialGC', '-XX:-UsePerfData']
    jvm.push(`-Dlog4j2.configurationFile=${this.#kafka.logConfig}`)
    if (this.#fastStart) jvm.push('-XX:TieredStopAtLevel=1')
    const child = spawn(
      this.#kafka.java,
      [...jvm, '-cp', this.#kafka.classPath, 'kafka.Kafka', this.configPath],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    // The caller ends the broker; a crash of the caller must not leave it behind.
    const onExit = () => child.kill('SIGKILL')
    process.once('exit', onExit)
    child.once('exit', () => process.off('exit', onExit))
    child.unref()
    return child
  }

  #logTail(): string {
    return readFileSync(this.#logPath, 'utf8').slice(-4_000)
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  killNow(): void {
    this.#child?.kill('SIGKILL')
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    if (child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, 'exit')
    child.kill(signal)
    const harder = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await ended
    clearTimeout(harder)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }
}

/** A TCP port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST_DEFAULT)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
