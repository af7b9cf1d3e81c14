/** Which control plane to talk to, and as whom. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { UsageError } from './client-error.ts'
import type { Target } from './request.ts'

export const DEFAULT_SERVER = 'http://127.0.0.1:7420'

export interface Settings extends Target {
  readonly caPem: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

interface ConfigFile {
  readonly server?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly caFile?: string
}

/**
 * The environment first, then the config file, then the default.
 * @param readText reads a file; undefined when there is none
 * @throws UsageError naming the variable or file that is wrong
 */
export function resolveSettings(
  env: Environment,
  readText: (path: string) => string | undefined,
): Settings {
  const config = readConfig(env, readText)
  const server = env['SLUICE_SERVER'] ?? config.server ?? DEFAULT_SERVER
  if (!URL.canParse(server) || !/^https?:\/\//.test(server)) {
    throw new UsageError(`SLUICE_SERVER must be a URL like ${DEFAULT_SERVER}, found: ${server}`)
  }
  const read = (path: string): string => {
    const text = readText(path)
    if (text === undefined) throw new UsageError(`cannot read ${path}`)
    return text
  }
  const tokenFile = env['SLUICE_TOKEN_FILE']
  const token =
    env['SLUICE_TOKEN'] ??
    (tokenFile === undefined ? undefined : read(tokenFile)) ??
    config.token ??
    (config.tokenFile === undefined ? undefined : read(config.tokenFile))
  const caFile = env['SLUICE_CA_FILE'] ?? config.caFile
  return {
    server: server.replace(/\/+$/, ''),
    token: token === undefined || token.trim() === '' ? null : token.trim(),
    caPem: caFile === undefined ? null : read(caFile),
  }
}

function readConfig(env: Environment, readText: (path: string) => string | undefined): ConfigFile {
  const folder = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config')
  const path = join(folder, 'sluice', 'config.json')
  const text = readText(path)
  if (text === undefined) return {}
  try {
    return JSON.parse(text) as ConfigFile
  } catch {
    // The parser's own message would quote the file, and with it a token.
    throw new UsageError(`${path} is not valid JSON`)
  }
}

/** Settings of this process. The CA counts for fetch and WebSocket alike. */
export function loadSettings(): Settings {
  const settings = resolveSettings(process.env, readTextIfThere)
  if (settings.caPem !== null) {
    setDefaultCACertificates([...getCACertificates('default'), settings.caPem])
  }
  return settings
}

function readTextIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
