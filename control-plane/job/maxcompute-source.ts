/** A MaxCompute project and its credentials, from a data source or from a job's writer. */
import type { Fields } from './fields.ts'
import type { MaxComputeSecrets, MaxComputeSource } from './source.ts'

interface MaxComputeParts {
  readonly source: MaxComputeSource
  readonly secrets: MaxComputeSecrets
}

const IDENTIFIER = /^[A-Za-z]\w{0,127}$/
const REGION = /^[a-z]{2,}-[a-z0-9-]+$/

/** From the properties of a registered data source; null where something is missing or wrong. */
export function readMaxComputeProperties(fields: Fields): MaxComputeParts | null {
  const mode = fields.choice('endpointMode', ['SelfAdaption', 'Custom'])
  refuseAccountTypes(fields)
  const schema = readSchema(fields)
  const regionId = fields.textValue('regionId')
  if (regionId !== null && !REGION.test(regionId)) {
    const message = `"${regionId}" is no region id (such as cn-hangzhou).`
    fields.problems.errorAt('bad-format', fields.place('regionId'), message, 'a region id')
  }
  const given = readUrl(fields, 'endpoint')
  if (mode === 'Custom' || regionId === null) {
    fields.require('endpoint', 'the URL of the MaxCompute service (or "regionId", to find it)')
  }
  // The public form of the service's address; other networks need `endpoint`.
  const endpoint =
    given ?? (regionId === null ? null : `https://service.${regionId}.maxcompute.aliyun.com/api`)
  return maxComputeParts(fields, { endpoint, regionId, schema })
}

/** From a writer that names the project itself (`odpsServer` or `endpoint`). */
export function readInlineMaxCompute(fields: Fields): MaxComputeParts | null {
  const key = fields.spelling('endpoint', 'odpsServer')
  fields.require(key, 'the URL of the MaxCompute service')
  return maxComputeParts(fields, { endpoint: readUrl(fields, key), regionId: null, schema: null })
}

/** Keys by which `readInlineMaxCompute` is told from a named data source. */
export const INLINE_MAXCOMPUTE_KEYS = [
  'endpoint',
  'odpsServer',
  'tunnelServer',
  'project',
  'accessId',
  'accessKey',
  'securityToken',
] as const

/** A schema's name, checked; null: none. */
export function readSchema(fields: Fields): string | null {
  return readIdentifier(fields, 'schema', 'a schema')
}

/** Letters, digits and underscores, first a letter; names are case-insensitive. */
export function readIdentifier(fields: Fields, key: string, what: string): string | null {
  const text = fields.text(key)
  if (text === null || IDENTIFIER.test(text.value)) return text?.value ?? null
  const rule = 'letters, digits and underscores, first a letter, at most 128'
  const message = `"${text.value}" cannot be the name of ${what}: ${rule}.`
  fields.problems.error('bad-format', text, message, rule)
  return null
}

function maxComputeParts(
  fields: Fields,
  known: Pick<MaxComputeSource, 'regionId' | 'schema'> & { endpoint: string | null },
): MaxComputeParts | null {
  const project = readIdentifier(fields, 'project', 'a project')
  const tunnelEndpoint = readUrl(fields, 'tunnelServer')
  const accessId = fields.textValue('accessId')
  const accessKey = fields.secret('accessKey')
  const securityToken = fields.secret('securityToken')
  fields.require('project', "the project's name")
  fields.require('accessId', 'the AccessKey id')
  fields.require('accessKey', 'the AccessKey secret')
  const { endpoint, regionId, schema } = known
  if (endpoint === null || project === null || accessId === null || accessKey === null) return null
  return {
    source: { kind: 'maxcompute', project, endpoint, tunnelEndpoint, regionId, schema, accessId },
    secrets: { kind: 'maxcompute', accessKey, securityToken },
  }
}

function refuseAccountTypes(fields: Fields): void {
  const types = [
    'PrimaryAccount',
    'SubAccount',
    'TaskOwner',
    'RamRole',
    'Executor',
    'HadoopUser',
  ] as const
  const type = fields.choice('authType', types)
  if (type === null || type === 'PrimaryAccount' || type === 'SubAccount') return
  const message = `authType ${type} is not supported: Sluice signs with an AccessKey (accessId, accessKey), or with temporary credentials (securityToken too).`
  fields.problems.errorAt(
    'unsupported',
    fields.place('authType'),
    message,
    'PrimaryAccount, SubAccount',
  )
}

function readUrl(fields: Fields, key: string): string | null {
  const text = fields.text(key)
  if (text === null) return null
  const url = URL.parse(text.value)
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url !== null && isHttp && url.username === '' && url.password === '' && url.search === '') {
    return text.value.replace(/\/+$/, '')
  }
  const expected = 'a URL such as https://host/api, without user or query'
  // Never shown: a URL with a user may carry a password.
  fields.problems.errorAt('bad-format', text, `"${key}" must be ${expected}.`, expected)
  return null
}
