import type { LocalSystem } from './start-local-system.ts'

export interface DataSourceNames {
  readonly kafka: string
  readonly maxCompute: string
}

/** Registers the system's Kafka and MaxCompute, as a user would. May be repeated. */
export async function registerDataSources(
  system: LocalSystem,
  names: DataSourceNames,
): Promise<void> {
  const { client, kafka, endpoint } = system
  const address = kafka.bootstrap.split(',').map((server) => {
    const colon = server.lastIndexOf(':')
    return { host: server.slice(0, colon), port: Number(server.slice(colon + 1)) }
  })
  await client.applyDatasource(names.kafka, {
    type: 'kafka',
    properties: { address, securityProtocol: 'authTypeNone' },
  })
  await client.applyDatasource(names.maxCompute, {
    type: 'odps',
    properties: {
      endpoint: endpoint.url,
      tunnelServer: endpoint.tunnelUrl,
      project: endpoint.project,
      accessId: endpoint.accessId,
      accessKey: endpoint.accessKey,
    },
  })
}
