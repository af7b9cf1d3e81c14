import { UsageError } from './client-error.ts'
/** A data source from a file or from flags. Secrets come from env, file or stdin, never argv. */
import { keyValue, readInput } from './read-input.ts'

export interface DatasourceFlags {
  readonly file?: string
  readonly type?: string
  readonly description?: string
  readonly set?: readonly string[]
  readonly secret?: readonly string[]
  readonly keepSecrets?: boolean
}

/** Property names whose values must not be on a command line, where every user of the host sees them. */
const SECRET_NAME = /password|accesskey$|secret|token|keystorefile/i

/** @returns the body of PUT /datasources/{name} */
export async function datasourceInput(
  flags: DatasourceFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, unknown>> {
  const body = flags.file === undefined ? fromFlags(flags) : await fromFile(flags.file)
  const properties = body['properties'] as Record<string, unknown>
  for (const given of flags.set ?? []) {
    const [key, value] = keyValue('--set', given)
    if (SECRET_NAME.test(key)) {
      throw new UsageError(
        `--set ${key}=... would show a secret to every user of this host: use --secret ${key}=env:NAME, file:PATH or -`,
      )
    }
    properties[key] = value
  }
  for (const given of flags.secret ?? []) {
    const [key, source] = keyValue('--secret', given)
    properties[key] = await secretFrom(key, source, env)
  }
  if (flags.description !== undefined) body['description'] = flags.description
  if (flags.keepSecrets === true) body['keepSecrets'] = true
  return body
}

function fromFlags(flags: DatasourceFlags): Record<string, unknown> {
  if (flags.type === undefined) throw new UsageError('give --file, or --type with --set key=value')
  return { type: flags.type, properties: {} }
}

async function fromFile(path: string): Promise<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readInput(path))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${path} is not valid JSON`) // the parser's message would quote the file
  }
  const body = parsed as { properties?: unknown } | null
  if (typeof body !== 'object' || body === null || typeof body.properties !== 'object') {
    throw new UsageError(`${path} must hold {"type": "kafka" | "odps", "properties": {...}}`)
  }
  return { ...body }
}

async function secretFrom(
  key: string,
  source: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (source === '-') {
    const value = (await readInput('-')).replace(/\r?\n$/, '')
    if (value === '') throw new UsageError(`--secret ${key}=-: standard input is empty`)
    return value
  }
  const [kind, name] = [source.slice(0, source.indexOf(':')), source.slice(source.indexOf(':') + 1)]
  if (kind === 'file') return (await readInput(name)).replace(/\r?\n$/, '')
  if (kind === 'env') {
    const value = env[name]
    if (value === undefined)
      throw new UsageError(`--secret ${key}: the variable ${name} is not set`)
    return value
  }
  throw new UsageError(`--secret ${key}= takes env:NAME, file:PATH or - (stdin)`)
}
