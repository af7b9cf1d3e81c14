import { DATA_SOURCE_NAME, DATA_SOURCE_NAME_CHARS_MAX } from './datasource-name.ts'
/** Named data sources: what a user registers, checked, and split into public fields and secrets. */
import { Fields } from './fields.ts'
import { jsonNodeOf } from './json-node.ts'
import { readAddresses } from './kafka-addresses.ts'
import { SECURITY_KEYS, kafkaConfigFields, readConsumerSettings } from './kafka-config.ts'
import { securityFromProperties } from './kafka-security.ts'
import { readMaxComputeProperties } from './maxcompute-source.ts'
import { ProblemList } from './problem-list.ts'
import type { Problem } from './problem.ts'
import type { KafkaSecrets, KafkaSource, MaxComputeSecrets, MaxComputeSource } from './source.ts'

/** As in a job's `stepType`. */
export type DataSourceType = 'kafka' | 'odps'

export type ParsedDataSource =
  | {
      readonly ok: true
      readonly type: 'kafka'
      readonly source: KafkaSource
      readonly secrets: KafkaSecrets
      readonly notes: readonly Problem[]
    }
  | {
      readonly ok: true
      readonly type: 'odps'
      readonly source: MaxComputeSource
      readonly secrets: MaxComputeSecrets
      readonly notes: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export const DESCRIPTION_CHARS_MAX = 80

/** `keystoreFile` holds the client's private key. */
const SECRET_KEYS: Readonly<Record<DataSourceType, readonly string[]>> = {
  kafka: ['saslPassword', 'keyPassword', 'keystoreFile', 'keystorePassword', 'truststorePassword'],
  odps: ['accessKey', 'securityToken'],
}

/**
 * Checks a data source as it was registered: `properties` with the names that DataWorks uses, and
 * with its secrets. Problems carry paths (`$.properties.saslMechanism`), no line.
 */
export function parseDataSource(input: {
  readonly name: string
  readonly type: DataSourceType
  readonly description?: string
  readonly properties: unknown
}): ParsedDataSource {
  const problems = new ProblemList()
  checkName(input.name, problems)
  if ((input.description ?? '').length > DESCRIPTION_CHARS_MAX) {
    const message = `The description has ${input.description?.length} characters; at most ${DESCRIPTION_CHARS_MAX} are allowed.`
    problems.errorAt('out-of-range', { path: '$.description', position: null }, message)
  }
  const node = jsonNodeOf(input.properties, '$.properties')
  if (node.kind !== 'object') {
    problems.error('wrong-type', node, '"properties" must be an object.', 'an object')
    return { ok: false, problems: problems.errors() }
  }
  const fields = new Fields(node, problems)
  fields.noEffect(['envType'], 'Sluice has no separate development environment')
  if (input.type === 'kafka') {
    const kafka = readKafkaProperties(fields)
    fields.finish()
    if (kafka === null || problems.hasErrors) return { ok: false, problems: problems.errors() }
    return { ok: true, type: 'kafka', ...kafka, notes: problems.notes() }
  }
  const maxCompute = readMaxComputeProperties(fields)
  fields.finish()
  if (maxCompute === null || problems.hasErrors) return { ok: false, problems: problems.errors() }
  return { ok: true, type: 'odps', ...maxCompute, notes: problems.notes() }
}

/**
 * The properties as they were given, in two objects: what may be stored and shown, and what must
 * be sealed. `{...open, ...secrets}` are the properties again. Also inside `kafkaConfig` secrets
 * cannot hide: a data source refuses security keys there.
 */
export function splitSecrets(
  type: DataSourceType,
  properties: Readonly<Record<string, unknown>>,
): { readonly open: Record<string, unknown>; readonly secrets: Record<string, unknown> } {
  const open: Record<string, unknown> = {}
  const secrets: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(properties)) {
    if (SECRET_KEYS[type].includes(key)) secrets[key] = value
    else open[key] = value
  }
  return { open, secrets }
}

function checkName(name: string, problems: ProblemList): void {
  if (DATA_SOURCE_NAME.test(name) && name.length <= DATA_SOURCE_NAME_CHARS_MAX) return
  const rule = `letters, digits and underscores, first a letter, at most ${DATA_SOURCE_NAME_CHARS_MAX}`
  const message = `"${name}" cannot be a data source's name: ${rule}.`
  problems.errorAt('bad-format', { path: '$.name', position: null }, message, rule)
}

function readKafkaProperties(
  fields: Fields,
): { source: KafkaSource; secrets: KafkaSecrets } | null {
  fields.noEffect(['version'], 'the agent asks the brokers which protocol versions they speak')
  if (fields.choice('mode', ['UrlMode', 'InstanceMode']) === 'InstanceMode') {
    const message = 'InstanceMode is not supported; give the addresses of the brokers (UrlMode).'
    fields.problems.errorAt('unsupported', fields.place('mode'), message, 'UrlMode')
  }
  const extra = kafkaConfigFields(fields)
  readConsumerSettings(extra)
  const security = securityFromProperties(fields, extra)
  extra?.unsupported(
    SECURITY_KEYS.filter((key) => key !== 'ssl.endpoint.identification.algorithm'),
    'the data source has properties of its own for it (securityProtocol, saslMechanism, truststoreFile, ...)',
  )
  extra?.finish()
  const key = fields.spelling('address', 'bootstrapServers')
  fields.require(key, 'the brokers, [{"host": "…", "port": 9092}] or "host:port,host:port"')
  const bootstrapServers = readAddresses(fields, key)
  const source = {
    kind: 'kafka',
    bootstrapServers,
    sasl: security.sasl,
    tls: security.tls,
  } as const
  return { source, secrets: security.secrets }
}
