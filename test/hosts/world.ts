/**
 * What a story happens in: the control plane in the cloud, Kafka and the MaxCompute endpoint in the IDC,
 * and hosts in the IDC as the story wants them.
 */
import assert from 'node:assert/strict'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'

import { ApiClient } from '../../cli/client.ts'
import { newTestDataDir } from '../../control-plane/store/test-store.ts'
import { Bed, enter, type HostOptions } from '../../dev/hosts/bed.ts'
import { runAny, type CommandEnd } from '../../dev/hosts/command.ts'
import type { Host } from '../../dev/hosts/host.ts'
import type { LocalProcess } from '../../dev/local-system/local-process.ts'

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const KAFKA = { name: 'kafka', network: 'idc', hostPart: 5, port: 9_092 } as const
const ENDPOINT = { name: 'maxcompute', network: 'idc', hostPart: 6, port: 8_080 } as const
const PLANE = { name: 'plane', network: 'cloud', hostPart: 10 } as const
const API_PORT = 7_420
export const LINK_PORT = 7_421
/** Of what hosts install. */
export const INSTALL_PORT = 7_422
/** The control plane by name, as hosts know it. */
export const PLANE_NAME = 'sluice.cloud.test'
const PROJECT = 'demo_project'
const ACCESS = { id: 'local-id', key: 'local-key' }
export const DATASOURCES = { kafka: 'kafka_idc', maxCompute: 'odps_idc' }
/** Small, so that short runs have many; each takes seconds at the speed that stories give them. */
const SLICE_BYTES_MAX = 1_000_000

export class World {
  readonly bed: Bed
  readonly client: ApiClient
  readonly plane: LocalProcess
  readonly addresses: Readonly<Record<'kafka' | 'maxCompute' | 'plane', string>>
  readonly #dataDir: string
  readonly #hosts: Host[] = []
  #numbered = 0

  private constructor(
    bed: Bed,
    plane: LocalProcess,
    dataDir: string,
    addresses: World['addresses'],
  ) {
    this.bed = bed
    this.plane = plane
    this.addresses = addresses
    this.#dataDir = dataDir
    const ca = readFileSync(this.caFile, 'utf8')
    setDefaultCACertificates([...getCACertificates('default'), ca])
    const token = readFileSync(this.tokenFile, 'utf8').trim()
    this.client = new ApiClient({ server: this.apiUrl, token })
  }

  /** `bundleDir`: holds what hosts install. */
  static async start(logDir: string, bundleDir: string): Promise<World> {
    const bed = await Bed.create({ [PLANE_NAME]: '10.77.1.10' }, logDir)
    const kafka = await bed.addServiceNode(KAFKA)
    const maxCompute = await bed.addServiceNode(ENDPOINT)
    const plane = await bed.addServiceNode(PLANE)
    const services = [LINK_PORT, INSTALL_PORT].map((port) => ({ address: plane, port }))
    await bed.networks.allow(services)
    const dataDir = bed.directory('control-plane')
    // Initialising an embedded store takes seconds that are no part of any story.
    const empty = await newTestDataDir()
    cpSync(empty, dataDir, { recursive: true })
    rmSync(empty, { recursive: true })
    const [planeProcess] = await Promise.all([
      startPlane(bed, plane, dataDir, bundleDir),
      startEndpoint(bed, maxCompute),
      startKafka(bed, kafka),
    ])
    const world = new World(bed, planeProcess, dataDir, { kafka, maxCompute, plane })
    await world.#registerDatasources()
    return world
  }

  get apiUrl(): string {
    return `https://${this.addresses.plane}:${API_PORT}`
  }

  get linkAddress(): string {
    return `${this.addresses.plane}:${LINK_PORT}`
  }

  get kafkaBootstrap(): string {
    return `${this.addresses.kafka}:${KAFKA.port}`
  }

  get caFile(): string {
    return join(this.#dataDir, 'tls/ca.pem')
  }

  get tokenFile(): string {
    return join(this.#dataDir, 'admin.token')
  }

  /** `orders-3`: a name that no other story has. */
  newName(of: string): string {
    this.#numbered += 1
    return `${of}-${this.#numbered}`
  }

  /** A new host, booted. It is powered off when the story is over. */
  async addHost(name: string, options: HostOptions = {}): Promise<Host> {
    const host = await this.bed.addHost(name, options)
    this.#hosts.push(host)
    await host.boot()
    return host
  }

  /** A copy of the host's disk on a host of its own, booted. */
  async cloneHost(original: Host, name: string): Promise<Host> {
    const host = await this.bed.cloneHost(original, name)
    this.#hosts.push(host)
    await host.boot()
    return host
  }

  /** `sluice …`, as a person runs it beside the control plane. */
  async sluice(...args: readonly string[]): Promise<CommandEnd> {
    const [file, ...within] = enter(PLANE.name)
    const command = [join(REPOSITORY, 'cli/sluice'), ...args]
    const env = {
      ...process.env,
      SLUICE_SERVER: this.apiUrl,
      SLUICE_TOKEN_FILE: this.tokenFile,
      SLUICE_CA_FILE: this.caFile,
    }
    return runAny(file, [...within, ...command], { env })
  }

  /** The same where it has to succeed; resolves with its standard output. */
  async mustSluice(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.sluice(...args)
    assert.equal(status, 0, `sluice ${args.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }

  /** Logs of the hosts' agents, beside those of the services. */
  async keepEvidence(story: string): Promise<void> {
    const squid = join(this.bed.directory('squid'), 'access.log')
    if (existsSync(squid)) copyFileSync(squid, this.bed.logPath(`${story}-squid`))
    for (const host of this.#hosts) {
      const folder = join(this.bed.logPath(story), '..', story, host.name)
      mkdirSync(folder, { recursive: true })
      for (const log of AGENT_LOGS) {
        const file = join(host.disk, log)
        if (existsSync(file)) copyFileSync(file, join(folder, log.replaceAll('/', '_')))
      }
      if (host.hasSystemd && host.isUp) {
        const { stdout } = await host.exec(['journalctl', '--no-pager', '-o', 'short-precise'])
        writeFileSync(join(folder, 'journal'), stdout)
      }
    }
  }

  async clearAway(): Promise<void> {
    await this.bed.networks.divert([])
    for (const host of this.#hosts.splice(0)) if (host.isUp) await host.powerOff()
    if (!this.plane.isRunning) this.plane.start()
    await this.plane.ready()
  }

  async #registerDatasources(): Promise<void> {
    const address = [{ host: this.addresses.kafka, port: KAFKA.port }]
    await this.client.applyDatasource(DATASOURCES.kafka, {
      type: 'kafka',
      properties: { address, securityProtocol: 'authTypeNone' },
    })
    const tunnelServer = `http://${this.addresses.maxCompute}:${ENDPOINT.port}`
    await this.client.applyDatasource(DATASOURCES.maxCompute, {
      type: 'odps',
      properties: {
        endpoint: `${tunnelServer}/api`,
        tunnelServer,
        project: PROJECT,
        accessId: ACCESS.id,
        accessKey: ACCESS.key,
      },
    })
  }
}

const AGENT_LOGS = ['var/log/sluice-agent.log', 'var/log/sluice-agent/agent.log']

function startPlane(
  bed: Bed,
  address: string,
  dataDir: string,
  bundleDir: string,
): Promise<LocalProcess> {
  const args = [
    `--data-dir=${dataDir}`,
    `--listen=${address}:${API_PORT}`,
    `--link-listen=${address}:${LINK_PORT}`,
    `--install-listen=${address}:${INSTALL_PORT}`,
    `--bundle-dir=${bundleDir}`,
    `--host-name=${address}`,
    `--host-name=${PLANE_NAME}`,
    `--slice-bytes-max=${SLICE_BYTES_MAX}`,
  ]
  const file = join(REPOSITORY, 'control-plane/main.ts')
  return bed.startService(PLANE.name, () => ({ file, args, env: { LOG_LEVEL: 'info' } }))
}

function startEndpoint(bed: Bed, address: string): Promise<LocalProcess> {
  const data = bed.directory('maxcompute')
  const args = [
    `--host=${address}`,
    `--port=${ENDPOINT.port}`,
    `--data=${data}`,
    '--project',
    PROJECT,
  ]
  const env = { SLUICE_DEV_MC_ACCESS_ID: ACCESS.id, SLUICE_DEV_MC_ACCESS_KEY: ACCESS.key }
  const file = join(REPOSITORY, 'dev/maxcompute/main.ts')
  return bed.startService(ENDPOINT.name, () => ({ file, args, env }))
}

function startKafka(bed: Bed, address: string): Promise<LocalProcess> {
  const data = bed.directory('kafka')
  const args = [
    `--host=${address}`,
    `--port=${KAFKA.port}`,
    `--data=${data}`,
    '--heap-mb=256',
    '--fast-start',
  ]
  const file = join(REPOSITORY, 'dev/kafka/main.ts')
  return bed.startService(KAFKA.name, () => ({ file, args, env: {} }))
}
