/**
 * `kafkaConfig`: raw consumer properties. Sluice's reader is no Java consumer, so a property is
 * either one whose meaning it shares, one that has nothing to decide here (noted), or a problem.
 */
import { Fields } from './fields.ts'
import type { AutoOffsetReset, FetchTuning, KafkaReader } from './job.ts'
import { jsonNodeOf } from './json-node.ts'
import { parseJson } from './parse-json.ts'

export interface ConsumerSettings {
  readonly groupId: string | null
  readonly autoOffsetReset: AutoOffsetReset | null
  readonly isolation: KafkaReader['isolation'] | null
  readonly fetch: FetchTuning
}

/** Upper bounds of the tuning; larger is a typing slip or would break the agent's memory bound. */
export const FETCH_BYTES_MAX = 1024 * 1024 * 1024
export const FETCH_WAIT_MS_MAX = 60_000

const CONSUMER_LOOP = [
  'max.poll.records',
  'max.poll.interval.ms',
  'session.timeout.ms',
  'heartbeat.interval.ms',
  'enable.auto.commit',
  'auto.commit.interval.ms',
  'partition.assignment.strategy',
  'group.instance.id',
  'exclude.internal.topics',
]
const CLIENT = [
  'key.deserializer',
  'value.deserializer',
  'client.id',
  'request.timeout.ms',
  'default.api.timeout.ms',
  'connections.max.idle.ms',
  'metadata.max.age.ms',
  'receive.buffer.bytes',
  'send.buffer.bytes',
  'reconnect.backoff.ms',
  'reconnect.backoff.max.ms',
  'retry.backoff.ms',
  'check.crcs',
  'client.dns.lookup',
]

/** Keys that say how to log in. They belong to the data source, or to an inline `server`. */
export const SECURITY_KEYS = [
  'security.protocol',
  'sasl.mechanism',
  'sasl.jaas.config',
  'ssl.endpoint.identification.algorithm',
  'ssl.truststore.type',
  'ssl.truststore.certificates',
  'ssl.keystore.type',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.key.password',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'java.security.auth.login.config',
] as const

/** The properties object, which may also be written as a text that holds JSON; null: none. */
export function kafkaConfigFields(parent: Fields): Fields | null {
  const value = parent.value('kafkaConfig')
  if (value?.kind !== 'string') return parent.object('kafkaConfig')
  const parsed = parseJson(value.value)
  if (parsed.node?.kind !== 'object' || parsed.problems.length > 0) {
    const why = parsed.problems[0]?.message ?? 'It holds no object.'
    const message = `"kafkaConfig" is a text, and must then hold a JSON object. ${why}`
    parent.problems.errorAt('bad-format', value, message, 'an object')
    return null
  }
  const inner = jsonNodeOf(JSON.parse(value.value), value.path, value.position)
  return inner.kind === 'object' ? new Fields(inner, parent.problems) : null
}

/** What of the properties concerns reading. Security keys are left to the caller. */
export function readConsumerSettings(config: Fields | null): ConsumerSettings {
  if (config === null) {
    const fetch = { minBytes: null, maxWaitMs: null, maxBytes: null, maxPartitionBytes: null }
    return { groupId: null, autoOffsetReset: null, isolation: null, fetch }
  }
  config.noEffect(
    CONSUMER_LOOP,
    'Sluice plans exact offset ranges and reads them without a consumer group',
  )
  config.noEffect(CLIENT, "the agent's own reader has its own settings")
  config.unsupported(
    ['sasl.kerberos.service.name', 'sasl.kerberos.kinit.cmd', 'sasl.login.callback.handler.class'],
    'Sluice logs in with PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512',
  )
  config.unsupported(['interceptor.classes'], 'there is no Java consumer that could run it')
  return {
    groupId: config.textValue('group.id'),
    autoOffsetReset: config.choice('auto.offset.reset', ['none', 'earliest', 'latest']),
    isolation: config.choice('isolation.level', ['read_committed', 'read_uncommitted']),
    fetch: {
      minBytes: config.integer('fetch.min.bytes', 1, FETCH_BYTES_MAX),
      maxWaitMs: config.integer('fetch.max.wait.ms', 0, FETCH_WAIT_MS_MAX),
      maxBytes: config.integer('fetch.max.bytes', 1, FETCH_BYTES_MAX),
      maxPartitionBytes: config.integer('max.partition.fetch.bytes', 1, FETCH_BYTES_MAX),
    },
  }
}
