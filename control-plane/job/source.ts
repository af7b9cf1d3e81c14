/**
 * Where a job reads and writes: the typed form of a data source, whether it is registered under a
 * name or written into the job ("inline").
 *
 * Secrets never lie beside the public fields: whoever stores, logs or shows a source holds an
 * object that has none. They travel in the `…Secrets` twin, only to the agent that needs them.
 */

export interface HostPort {
  readonly host: string
  readonly port: number
}

export interface KafkaSource {
  readonly kind: 'kafka'
  readonly bootstrapServers: readonly HostPort[]
  /** null: no authentication. */
  readonly sasl: KafkaSasl | null
  /** null: no TLS. */
  readonly tls: KafkaTls | null
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
}

export interface KafkaTls {
  /** PEM; null: the host's own certificate authorities. */
  readonly caPem: string | null
  /** PEM chain of the client's certificate (its key is a secret); null: no client certificate. */
  readonly clientCertPem: string | null
  readonly verifyHostname: boolean
}

export interface KafkaSecrets {
  readonly kind: 'kafka'
  readonly saslPassword: string | null
  readonly clientKeyPem: string | null
  readonly clientKeyPassphrase: string | null
}

export interface MaxComputeSource {
  readonly kind: 'maxcompute'
  readonly project: string
  /** URL of the REST service, without a trailing slash. */
  readonly endpoint: string
  /** URL of the Tunnel service; null: the REST service is asked for it. */
  readonly tunnelEndpoint: string | null
  readonly regionId: string | null
  /** The schema that a job without one of its own writes to; null: the project has two layers. */
  readonly schema: string | null
  readonly accessId: string
}

export interface MaxComputeSecrets {
  readonly kind: 'maxcompute'
  readonly accessKey: string
  /** Of temporary (STS) credentials; null for lasting ones. */
  readonly securityToken: string | null
}
