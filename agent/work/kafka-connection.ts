/** A cluster from the connection settings that came with the work. They stay in memory. */
import type { KafkaConnection } from '../../proto/gen/sluice/agent/v1/KafkaConnection.ts'
import { Cluster, type ClusterOptions } from '../kafka/cluster.ts'
import type { ClusterConfig } from '../kafka/security.ts'
import { WorkFailure } from './work-error.ts'

/** What brokers see as the client's name. */
const CLIENT_ID = 'sluice-agent'

/** Connects only when asked something; the caller closes it. */
export function openCluster(
  connection: KafkaConnection | null | undefined,
  options: ClusterOptions = {},
): Cluster {
  if (connection === null || connection === undefined) {
    throw new WorkFailure('INTERNAL', 'The work came without its Kafka connection.')
  }
  return new Cluster(clusterConfig(connection), options)
}

export function clusterConfig(connection: KafkaConnection): ClusterConfig {
  const { security } = connection
  const usesTls = security === 'SSL' || security === 'SASL_SSL'
  const usesSasl = security === 'SASL_PLAINTEXT' || security === 'SASL_SSL'
  return {
    bootstrapServers: connection.bootstrapServers,
    clientId: CLIENT_ID,
    sasl: usesSasl
      ? {
          mechanism: connection.saslMechanism,
          username: connection.saslUsername,
          password: connection.saslPassword,
        }
      : null,
    tls: usesTls
      ? {
          caPem: textOrNull(connection.caPem),
          certPem: textOrNull(connection.certPem),
          keyPem: textOrNull(connection.keyPem),
          keyPassphrase: textOrNull(connection.keyPassword),
          verifyHostname: connection.verifyHostname,
        }
      : null,
  }
}

function textOrNull(text: string): string | null {
  return text === '' ? null : text
}
