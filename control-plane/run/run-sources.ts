/**
 * Where a run reads and writes. The public part is pinned when the run starts, so that all its
 * attempts go to the same cluster and table; secrets are read anew for each attempt, so that a
 * rotated password is used from the next attempt on.
 */
import type { KafkaConnectionInput } from '../../proto/gen/sluice/agent/v1/KafkaConnection.ts'
import type { MaxComputeConnectionInput } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { MaxComputeWriter } from '../job/job.ts'
import type {
  KafkaSasl,
  KafkaSecrets,
  KafkaSource,
  MaxComputeSecrets,
  MaxComputeSource,
} from '../job/source.ts'

/** Stored with the run, as JSON. */
export interface RunSources {
  readonly kafka: { readonly source: KafkaSource; readonly datasource: string | null }
  readonly maxCompute: { readonly source: MaxComputeSource; readonly datasource: string | null }
}

const MECHANISMS: Readonly<Record<KafkaSasl['mechanism'], string>> = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
}

export function kafkaConnection(source: KafkaSource, secrets: KafkaSecrets): KafkaConnectionInput {
  const tls = source.tls !== null
  const security =
    source.sasl === null ? (tls ? 'SSL' : 'PLAINTEXT') : tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'
  return {
    bootstrapServers: source.bootstrapServers.map((server) => `${server.host}:${server.port}`),
    security,
    saslMechanism: source.sasl === null ? '' : MECHANISMS[source.sasl.mechanism],
    saslUsername: source.sasl?.username ?? '',
    saslPassword: secrets.saslPassword ?? '',
    caPem: source.tls?.caPem ?? '',
    certPem: source.tls?.clientCertPem ?? '',
    keyPem: secrets.clientKeyPem ?? '',
    keyPassword: secrets.clientKeyPassphrase ?? '',
    verifyHostname: source.tls?.verifyHostname ?? true,
  }
}

export function maxComputeConnection(
  source: MaxComputeSource,
  secrets: MaxComputeSecrets,
  writer: MaxComputeWriter | null,
): MaxComputeConnectionInput {
  return {
    endpoint: source.endpoint,
    tunnelEndpoint: source.tunnelEndpoint ?? '',
    project: source.project,
    schema: writer?.schema ?? source.schema ?? '',
    region: source.regionId ?? '',
    accessId: source.accessId,
    accessKey: secrets.accessKey,
    securityToken: secrets.securityToken ?? '',
    tunnelQuota: writer?.tunnelQuota ?? '',
  }
}

/** Names what a run writes to, as one text: `project.schema.table/dt=20260101,hh=01`. */
export function targetOf(source: MaxComputeSource, writer: MaxComputeWriter): string {
  const schema = writer.schema ?? source.schema
  const table = [source.project, ...(schema === null ? [] : [schema]), writer.table].join('.')
  const spec = (writer.partitionSpec ?? []).map((column) => `${column.key}=${column.value}`)
  return `${table.toLowerCase()}/${spec.join(',')}`
}
