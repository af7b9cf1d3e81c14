import { KafkaError } from './errors.ts'

/** How to reach and be known to a cluster. Holds secrets: never log it. */
export interface ClusterConfig {
  /** `host:port`, at least one. */
  readonly bootstrapServers: readonly string[]
  /** What brokers write into their request logs and quotas. */
  readonly clientId: string
  /** null: no authentication. */
  readonly sasl: SaslConfig | null
  /** null: no TLS. */
  readonly tls: TlsConfig | null
}

export interface SaslConfig {
  /** Case does not matter: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512. */
  readonly mechanism: string
  readonly username: string
  readonly password: string
}

/** PEM texts; null: the host's own certificate authorities, no client certificate. */
export interface TlsConfig {
  readonly caPem: string | null
  readonly certPem: string | null
  readonly keyPem: string | null
  readonly keyPassphrase: string | null
  /** `ssl.endpoint.identification.algorithm=` (empty) of Java clients is false. */
  readonly verifyHostname: boolean
}

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export const addressText = (address: BrokerAddress): string =>
  address.host.includes(':')
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`

/** Parses `host:port` and `[v6]:port`. Throws INVALID_CONFIGURATION. */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:\s/]+)):(\d{1,5})$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535) {
    throw new KafkaError('INVALID_CONFIGURATION', `bootstrap server "${text}" is not host:port`, {
      action: 'write it like kafka-1.example.com:9092, without a scheme',
    })
  }
  return { host, port }
}

const MECHANISMS: ReadonlySet<string> = new Set(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])

/** kafkajs' form of the SASL settings. Throws INVALID_CONFIGURATION for a mechanism it has not. */
export function kafkajsSasl(sasl: SaslConfig | null): object | null {
  if (sasl === null) return null
  const mechanism = sasl.mechanism.toUpperCase()
  if (!MECHANISMS.has(mechanism)) {
    throw new KafkaError(
      'INVALID_CONFIGURATION',
      `SASL mechanism ${sasl.mechanism} is not supported`,
      {
        action: `use one of ${[...MECHANISMS].join(', ')}`,
      },
    )
  }
  return { mechanism, username: sasl.username, password: sasl.password }
}

/** node:tls options. Throws INVALID_CONFIGURATION for anything that is not PEM. */
export function tlsOptions(tls: TlsConfig | null): object | null {
  if (tls === null) return null
  requirePem('the CA certificate', tls.caPem)
  requirePem('the client certificate', tls.certPem)
  requirePem("the client certificate's key", tls.keyPem)
  if ((tls.certPem === null) !== (tls.keyPem === null)) {
    throw new KafkaError('INVALID_CONFIGURATION', 'a client certificate and its key go together', {
      action: 'give both, or neither',
    })
  }
  return {
    ...(tls.caPem === null ? {} : { ca: tls.caPem }),
    ...(tls.certPem === null ? {} : { cert: tls.certPem }),
    ...(tls.keyPem === null ? {} : { key: tls.keyPem }),
    ...(tls.keyPassphrase === null ? {} : { passphrase: tls.keyPassphrase }),
    // The chain is verified all the same; only the name in it is not compared.
    ...(tls.verifyHostname ? {} : { checkServerIdentity: () => undefined }),
  }
}

function requirePem(what: string, text: string | null): void {
  if (text === null || text.includes('-----BEGIN ')) return
  throw new KafkaError('INVALID_CONFIGURATION', `${what} is not PEM text`, {
    action:
      'JKS and PKCS#12 stores are not read: export it with `keytool -exportcert -rfc` or `openssl pkcs12 -nodes`',
  })
}
