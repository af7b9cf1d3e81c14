/** The stages of a MaxCompute data source: from the endpoint's name to an upload session that is left unused. */
import type { MaxComputeClient } from '../../maxcompute/client.ts'
import { MaxComputeError } from '../../maxcompute/errors.ts'
import {
  type PartitionSpec,
  parsePartitionSpec,
  tunnelForm,
} from '../../maxcompute/partition-spec.ts'
import type { ProjectInfo } from '../../maxcompute/project.ts'
import type { TableInfo } from '../../maxcompute/table.ts'
import type { MaxComputeConnection } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { BrokerAddress } from '../kafka/security.ts'
import { openMaxCompute, tableName } from '../work/maxcompute-connection.ts'
import { askUnsigned } from './ask-unsigned.ts'
import { diagnose } from './diagnosis.ts'
import { ProbeError } from './probe-error.ts'
import { Reach } from './reach.ts'
import { passed, type Seen, skipped, STAGE_MS_MAX, type Stage } from './stages.ts'

const HTTP_LIMITS = { connectMs: STAGE_MS_MAX, idleMs: STAGE_MS_MAX }
/** The system's CAs; what a private deployment uses is added by NODE_EXTRA_CA_CERTS. */
const SYSTEM_CAS = {
  caPem: null,
  certPem: null,
  keyPem: null,
  keyPassphrase: null,
  verifyHostname: true,
}
/** Hosts of the public service: their certificates are of public CAs. */
const PUBLIC_HOST = /\.(aliyun|aliyuncs|alibabacloud)\.com$/i
/** The signature was accepted, and more: these are said of what stands behind it. */
const BEHIND_SIGNATURE = new Set([
  'NoSuchProject',
  'NoSuchObject',
  'NoSuchSchema',
  'NoPermission',
  'AccessDenied',
])

export class MaxComputeProbe {
  readonly #connection: MaxComputeConnection
  readonly #table: string
  readonly #partitionSpec: readonly string[]
  readonly #client: MaxComputeClient
  readonly #endpoint: Reach
  #project: ProjectInfo | MaxComputeError | null = null
  #info: TableInfo | null = null

  /** Throws MaxComputeError (InvalidConfiguration). Makes no request yet. */
  constructor(
    connection: MaxComputeConnection,
    target: { readonly table: string; readonly partitionSpec: readonly string[] },
  ) {
    this.#connection = connection
    this.#table = target.table
    this.#partitionSpec = target.partitionSpec
    this.#client = openMaxCompute(connection, { limits: HTTP_LIMITS, triesMax: 1 })
    this.#endpoint = new Reach([serverOf(connection.endpoint)])
  }

  get stages(): readonly Stage[] {
    const { endpoint } = this.#connection
    return [
      { name: 'dns', run: () => this.#endpoint.dns() },
      { name: 'tcp', run: (signal) => this.#endpoint.tcp(signal) },
      { name: 'tls', run: (signal) => tlsOf(this.#endpoint, endpoint, signal) },
      { name: 'endpoint', run: (signal) => this.#answers(signal) },
      { name: 'credentials', run: (signal) => this.#sign(signal) },
      { name: 'project', run: () => this.#findProject() },
      { name: 'table', run: (signal) => this.#findTable(signal) },
      { name: 'tunnel', run: (signal) => this.#findTunnel(signal) },
      { name: 'session', run: (signal) => this.#openSession(signal) },
    ]
  }

  close(): void {
    this.#client.close()
  }

  async #answers(signal: AbortSignal): Promise<Seen> {
    const { endpoint, project } = this.#connection
    const url = `${endpoint.replace(/\/+$/, '')}/projects/${encodeURIComponent(project)}`
    const { status, server, hasRequestId } = await askUnsigned(url, signal)
    if (hasRequestId) return passed(`MaxCompute answers at ${endpoint}`)
    const who = server === '' ? 'somebody' : server
    const seen = `${who} answers at ${endpoint} with HTTP ${status}, and not as MaxCompute`
    const isProxy = status === 407 || status === 502 || status === 503 || status === 504
    throw new ProbeError(isProxy ? 'PROXY_ANSWERED' : 'NOT_MAXCOMPUTE', seen)
  }

  /** One signed request; what it says of the project is the next stage's. */
  async #sign(signal: AbortSignal): Promise<Seen> {
    try {
      this.#project = await this.#client.getProject({ signal })
    } catch (error) {
      if (!(error instanceof MaxComputeError) || !BEHIND_SIGNATURE.has(error.code)) throw error
      this.#project = error
    }
    const { accessId, region } = this.#connection
    const version = region === '' ? '' : ` for region ${region}`
    return passed(`the service accepts the signature of ${accessId}${version}`)
  }

  async #findProject(): Promise<Seen> {
    const project = this.#project
    if (project instanceof MaxComputeError) throw project
    const { name = this.#connection.project, state = '', region = '' } = project ?? {}
    if (state !== '' && state !== 'AVAILABLE') {
      throw new ProbeError('BAD_SETTING', `project ${name} is ${state}`)
    }
    return passed(`${name}${region === '' ? '' : ` in region ${region}`}`)
  }

  async #findTable(signal: AbortSignal): Promise<Seen> {
    if (this.#table === '') return skipped('no table was named')
    const info = await this.#client.getTable(this.#table, { signal })
    this.#info = info
    const keys = info.partitionKeys.map(({ name }) => name).join(', ')
    const partitions = keys === '' ? 'not partitioned' : `partitioned by ${keys}`
    return passed(`${this.#tableName}: ${info.columns.length} columns, ${partitions}`)
  }

  /** The second classic trap: the REST endpoint is public, the Tunnel that it names is of another network. */
  async #findTunnel(signal: AbortSignal): Promise<Seen> {
    const { tunnelEndpoint } = this.#connection
    const url = await this.#client.getTunnelEndpoint({ signal })
    const source = tunnelEndpoint === '' ? 'as the endpoint tells' : 'as configured'
    const reach = new Reach([serverOf(url)])
    try {
      await reach.dns()
      await reach.tcp(signal)
      await tlsOf(reach, url, signal)
      await askUnsigned(url, signal)
    } catch (error) {
      const { verdict, cause } = diagnose(error) ?? {}
      if (verdict !== 'UNREACHABLE') throw error
      const message = `the endpoint answers, but its Tunnel ${url} (${source}) does not: ${cause}`
      throw new ProbeError('TUNNEL_UNREACHABLE', message, error)
    }
    return passed(`${url}, ${source}`)
  }

  async #openSession(signal: AbortSignal): Promise<Seen> {
    const info = this.#info
    if (info === null) return skipped('no table was named')
    const partition = this.#partition(info)
    if (partition === null && info.partitionKeys.length > 0) {
      return skipped('the table is partitioned, and no partition was named')
    }
    const name =
      partition === null ? this.#tableName : `${this.#tableName}/${tunnelForm(partition)}`
    try {
      const session = await this.#client.createUploadSession({
        table: this.#table,
        ...(partition === null ? {} : { partition }),
        signal,
      })
      return passed(`session ${session.uploadId} of ${name}, left unused`)
    } catch (error) {
      const isNewPartition = error instanceof MaxComputeError && error.code === 'NoSuchPartition'
      if (!isNewPartition) throw error
      return passed(`${name} does not exist yet: runs create it`)
    }
  }

  /** Throws BAD_PARTITION_SPEC. */
  #partition({ partitionKeys }: TableInfo): PartitionSpec | null {
    if (this.#partitionSpec.length === 0) return null
    const spec = parsePartitionSpec(this.#partitionSpec.join(','))
    const given = spec.parts.map(({ name }) => name.toLowerCase()).toSorted()
    const keys = partitionKeys.map(({ name }) => name.toLowerCase())
    if (given.join() === keys.toSorted().join()) return spec
    const wanted = keys.length === 0 ? 'is not partitioned' : `is partitioned by ${keys.join(', ')}`
    const message = `${this.#tableName} ${wanted}, and the partition named is ${tunnelForm(spec)}`
    throw new ProbeError('BAD_PARTITION_SPEC', message)
  }

  get #tableName(): string {
    return tableName(this.#connection, this.#table)
  }
}

async function tlsOf(reach: Reach, url: string, signal: AbortSignal): Promise<Seen> {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:') return skipped(`${url} is without TLS`)
  return reach.tls(SYSTEM_CAS, { expectsPublicCa: PUBLIC_HOST.test(hostname) }, signal)
}

/** Throws BAD_SETTING. */
function serverOf(url: string): BrokerAddress {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.hostname === '') {
    throw new ProbeError('BAD_SETTING', `"${url}" is not an address: write http(s)://host[:port]`)
  }
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port)
  return { host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'), port }
}
