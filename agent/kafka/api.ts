import { KafkaError, type KafkaErrorWhere } from './errors.ts'

/**
 * The requests that the port sends, the versions of each that it speaks, and the first flexible one
 * (compact types, tagged fields, request header v2). Together they cover Kafka 0.11 to 4.x.
 */
export interface Api {
  readonly key: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly flexibleFrom: number
}

const NEVER = 1_000

export const API = {
  produce: { key: 0, name: 'Produce', minVersion: 3, maxVersion: 8, flexibleFrom: 9 },
  fetch: { key: 1, name: 'Fetch', minVersion: 4, maxVersion: 13, flexibleFrom: 12 },
  listOffsets: { key: 2, name: 'ListOffsets', minVersion: 1, maxVersion: 5, flexibleFrom: 6 },
  metadata: { key: 3, name: 'Metadata', minVersion: 1, maxVersion: 12, flexibleFrom: 9 },
  offsetCommit: { key: 8, name: 'OffsetCommit', minVersion: 2, maxVersion: 7, flexibleFrom: 8 },
  offsetFetch: { key: 9, name: 'OffsetFetch', minVersion: 1, maxVersion: 5, flexibleFrom: 6 },
  findCoordinator: {
    key: 10,
    name: 'FindCoordinator',
    minVersion: 0,
    maxVersion: 2,
    flexibleFrom: 3,
  },
  apiVersions: { key: 18, name: 'ApiVersions', minVersion: 0, maxVersion: 0, flexibleFrom: NEVER },
  createTopics: { key: 19, name: 'CreateTopics', minVersion: 1, maxVersion: 4, flexibleFrom: 5 },
  deleteTopics: { key: 20, name: 'DeleteTopics', minVersion: 0, maxVersion: 3, flexibleFrom: 4 },
  offsetForLeaderEpoch: {
    key: 23,
    name: 'OffsetForLeaderEpoch',
    minVersion: 1,
    maxVersion: 3,
    flexibleFrom: 4,
  },
} as const satisfies Record<string, Api>

export interface VersionRange {
  readonly minVersion: number
  readonly maxVersion: number
}

export type ApiVersions = Readonly<Record<number, VersionRange>>

/** The highest version that both sides speak, at most `limit`. Throws UNSUPPORTED_VERSION. */
export function negotiate(
  api: Api,
  versions: ApiVersions,
  where: KafkaErrorWhere,
  limit: number = api.maxVersion,
): number {
  const broker = versions[api.key]
  const version = Math.min(api.maxVersion, limit, broker?.maxVersion ?? -1)
  if (broker === undefined || version < broker.minVersion || version < api.minVersion) {
    const theirs = broker ? `${broker.minVersion} to ${broker.maxVersion}` : 'no version'
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `the broker speaks ${theirs} of ${api.name}, this client ${api.minVersion} to ${api.maxVersion}`,
      { where, action: 'Kafka 0.11 to 4.x are supported' },
    )
  }
  return version
}
