/** A client from the connection settings that came with the work. They stay in memory. */
import { type ClientOptions, MaxComputeClient } from '../../maxcompute/client.ts'
import { partitionSpec, type PartitionSpec } from '../../maxcompute/partition-spec.ts'
import type { MaxComputeConnection } from '../../proto/gen/sluice/agent/v1/MaxComputeConnection.ts'
import type { PartitionColumn } from '../../proto/gen/sluice/agent/v1/PartitionColumn.ts'
import { WorkFailure } from './work-error.ts'

/** Makes no request yet; the caller closes it. */
export function openMaxCompute(
  connection: MaxComputeConnection | null | undefined,
  bounds: Pick<ClientOptions, 'limits' | 'triesMax'> = {},
): MaxComputeClient {
  const { endpoint, project, tunnelEndpoint, schema, region, ...keys } = required(connection)
  return new MaxComputeClient({
    endpoint,
    project,
    ...(tunnelEndpoint === '' ? {} : { tunnelEndpoint }),
    ...(schema === '' ? {} : { schema }),
    ...(region === '' ? {} : { region }),
    ...(keys.tunnelQuota === '' ? {} : { quotaName: keys.tunnelQuota }),
    credentials: {
      accessKeyId: keys.accessId,
      accessKeySecret: keys.accessKey,
      ...(keys.securityToken === '' ? {} : { securityToken: keys.securityToken }),
    },
    userAgent: 'sluice-agent',
    ...bounds,
  })
}

export function required(
  connection: MaxComputeConnection | null | undefined,
): MaxComputeConnection {
  if (connection !== null && connection !== undefined) return connection
  throw new WorkFailure('INTERNAL', 'The work came without its MaxCompute connection.')
}

/** What a session is opened for. Throws a `MaxComputeError` (InvalidPartitionSpec). */
export function uploadTarget(spec: {
  readonly table: string
  readonly partitionSpec: readonly PartitionColumn[]
}): { readonly table: string; readonly partition?: PartitionSpec } {
  const { table, partitionSpec: parts } = spec
  return parts.length === 0 ? { table } : { table, partition: partitionSpec(parts) }
}

/** `project.table` or `project.schema.table`, for messages. */
export function tableName(connection: MaxComputeConnection, table: string): string {
  const { project, schema } = connection
  return schema === '' ? `${project}.${table}` : `${project}.${schema}.${table}`
}

/** The same in SQL's back quotes. */
export function quotedTableName(connection: MaxComputeConnection, table: string): string {
  const { project, schema } = connection
  const parts = schema === '' ? [project, table] : [project, schema, table]
  return parts.map((part) => `\`${part.replaceAll('`', '``')}\``).join('.')
}

/** Where work on a table happens, for `WorkError.where`. */
export function tableWhere(
  connection: MaxComputeConnection | null | undefined,
  table: string,
): Record<string, string> {
  if (connection === null || connection === undefined) return { table }
  return { table: tableName(connection, table), endpoint: connection.endpoint }
}
