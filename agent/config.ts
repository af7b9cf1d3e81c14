/** Settings of the agent process: flags first, then environment variables, then defaults. */
import { readFile } from 'node:fs/promises'

import { AgentError } from './link/agent-error.ts'
import { DEFAULT_AGENT_LINK_SETTINGS } from './link/link-settings.ts'
import type { AgentLinkSettings } from './link/link-settings.ts'
import { parseServerAddress } from './link/server-address.ts'
import type { ServerAddress } from './link/server-address.ts'

const CHANNELS_MAX = 256
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** As commander parsed them; everything else comes from the environment. */
export interface AgentFlags {
  /** host:port of the control plane's link. */
  readonly link?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly stateDir?: string
  readonly name?: string
  readonly channels?: string
  readonly logLevel?: string
  readonly offlineBudgetSeconds?: string
  readonly reconnectMaxSeconds?: string
  readonly drainSeconds?: string
  readonly force?: boolean
}

export interface AgentConfig {
  readonly stateDir: string
  /** null: as enrolled. */
  readonly server: ServerAddress | null
  /** null: none given. */
  readonly token: string | null
  readonly name: string
  /** null: as many as the host carries. */
  readonly channels: number | null
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly settings: AgentLinkSettings
  readonly force: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Rejects with SETTING_INVALID, naming the flag. The token never stands in a message. */
export async function readConfig(flags: AgentFlags, env: Environment): Promise<AgentConfig> {
  const stateDir = flags.stateDir ?? env['SLUICE_STATE_DIR']
  if (stateDir === undefined || stateDir === '') {
    throw invalid('--state-dir is missing: where the agent keeps its identity and its results')
  }
  const link = flags.link ?? env['SLUICE_LINK']
  const defaults = DEFAULT_AGENT_LINK_SETTINGS
  return {
    stateDir,
    server: link === undefined ? null : parseServerAddress(link),
    token: await readToken(flags, env),
    name: flags.name ?? env['SLUICE_AGENT_NAME'] ?? '',
    channels: channels(flags.channels ?? env['SLUICE_CHANNELS']),
    logLevel: logLevel(flags.logLevel ?? env['SLUICE_LOG_LEVEL'] ?? 'info'),
    settings: {
      ...defaults,
      offlineBudgetMs: seconds(
        '--offline-budget-seconds',
        flags.offlineBudgetSeconds,
        defaults.offlineBudgetMs,
      ),
      backoffMaxMs: seconds(
        '--reconnect-max-seconds',
        flags.reconnectMaxSeconds,
        defaults.backoffMaxMs,
      ),
      drainMs: seconds('--drain-seconds', flags.drainSeconds, defaults.drainMs),
    },
    force: flags.force ?? false,
  }
}

async function readToken(flags: AgentFlags, env: Environment): Promise<string | null> {
  if (flags.token !== undefined && flags.tokenFile !== undefined) {
    throw invalid('give --token or --token-file, not both')
  }
  if (flags.tokenFile !== undefined) {
    try {
      return (await readFile(flags.tokenFile, 'utf8')).trim()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new AgentError('SETTING_INVALID', `--token-file cannot be read: ${why}`, { cause })
    }
  }
  return flags.token ?? env['SLUICE_ENROL_TOKEN'] ?? null
}

function seconds(flag: string, text: string | undefined, defaultMs: number): number {
  return wholeNumber(flag, text, Math.round(defaultMs / 1000), { min: 1, max: 86_400 }) * 1000
}

function channels(text: string | undefined): number | null {
  if (text === undefined || text === '' || text === 'auto') return null
  return wholeNumber('--channels', text, 1, { min: 1, max: CHANNELS_MAX })
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  fallback: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw invalid(`${flag} ${JSON.stringify(text)}: give a whole number from ${min} to ${max}`)
  }
  return value
}

function logLevel(text: string): AgentConfig['logLevel'] {
  const level = LOG_LEVELS.find((name) => name === text)
  if (level === undefined) {
    throw invalid(`--log-level ${JSON.stringify(text)}: give one of ${LOG_LEVELS.join(', ')}`)
  }
  return level
}

function invalid(message: string): AgentError {
  return new AgentError('SETTING_INVALID', message)
}
