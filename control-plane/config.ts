/** Settings of the control plane: flags, and environment variables for what is secret. */
import { parseArgs } from 'node:util'

import { DEFAULT_LINK_SETTINGS, type LinkSettings } from './link/link-settings.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ControlPlaneConfig {
  readonly dataDir: string
  /** Of the API. */
  readonly listen: Address
  /** Of the agents. */
  readonly linkListen: Address
  /** Where hosts fetch the installer; null: nowhere. */
  readonly installListen: Address | null
  /** Bundles built elsewhere; null: built when first wanted. */
  readonly bundleDir: string | null
  /** Names and addresses by which hosts reach the link; for the certificate, the first for the command line. */
  readonly hostNames: readonly string[]
  /** null: the embedded store. */
  readonly databaseUrl: string | null
  /** null: `<dataDir>/secret.key`. */
  readonly secretKeyFile: string | null
  readonly timeZone: string
  readonly link: LinkSettings
  readonly sliceBytesMax: number | null
  readonly logRetentionDays: number
  /** 0: data sources are tested on demand and before runs alone. */
  readonly connectivityIntervalMs: number
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export const USAGE = `Usage: control-plane [flags]
  --data-dir DIR             state, keys and certificates (default .sluice/control-plane)
  --listen HOST:PORT         of the API (default 127.0.0.1:7420; HTTPS unless it is loopback)
  --link-listen HOST:PORT    of the agents (default 0.0.0.0:7421)
  --install-listen HOST:PORT where hosts fetch the installer, HTTPS (default 0.0.0.0:7422; off)
  --bundle-dir DIR           bundles of the agent built elsewhere (npm run bundle)
  --host-name NAME           by which hosts reach the control plane; may be repeated
  --time-zone ZONE           of jobs that name none (default Asia/Shanghai)
  --lease-ms N               how long a silent agent counts as alive (default 20000)
  --slice-bytes-max N        wanted size of a slice where the job names none
  --log-retention-days N     (default 30)
  --connectivity-interval-minutes N  between two connectivity tests of a pair (default 30; 0: off)
Environment: DATABASE_URL (a PostgreSQL server instead of the embedded store),
  SLUICE_SECRET_KEY_FILE, LOG_LEVEL`

const FLAGS = {
  'data-dir': { type: 'string', default: '.sluice/control-plane' },
  listen: { type: 'string', default: '127.0.0.1:7420' },
  'link-listen': { type: 'string', default: '0.0.0.0:7421' },
  'install-listen': { type: 'string', default: '0.0.0.0:7422' },
  'bundle-dir': { type: 'string' },
  'host-name': { type: 'string', multiple: true, default: [] as string[] },
  'time-zone': { type: 'string', default: 'Asia/Shanghai' },
  'lease-ms': { type: 'string' },
  'slice-bytes-max': { type: 'string' },
  'log-retention-days': { type: 'string', default: '30' },
  'connectivity-interval-minutes': { type: 'string', default: '30' },
  help: { type: 'boolean', default: false },
} as const

/** null: help was asked for. Throws ConfigError, whose message is for the user. */
export function readConfig(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): ControlPlaneConfig | null {
  const flags = parse(argv)
  if (flags.help) return null
  return {
    dataDir: flags['data-dir'],
    listen: address('--listen', flags.listen),
    linkListen: address('--link-listen', flags['link-listen']),
    installListen:
      flags['install-listen'] === 'off'
        ? null
        : address('--install-listen', flags['install-listen']),
    bundleDir: flags['bundle-dir'] ?? null,
    hostNames: flags['host-name'],
    databaseUrl: env['DATABASE_URL'] ?? null,
    secretKeyFile: env['SLUICE_SECRET_KEY_FILE'] ?? null,
    timeZone: timeZone(flags['time-zone']),
    link: linkSettings(number('--lease-ms', flags['lease-ms'])),
    sliceBytesMax: number('--slice-bytes-max', flags['slice-bytes-max']),
    logRetentionDays: number('--log-retention-days', flags['log-retention-days']) ?? 30,
    connectivityIntervalMs: minutes(
      '--connectivity-interval-minutes',
      flags['connectivity-interval-minutes'],
    ),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values
  } catch (cause) {
    throw new ConfigError(`${(cause as Error).message}\n${USAGE}`, { cause })
  }
}

function address(flag: string, text: string): Address {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ConfigError(`${flag} ${text}: expected HOST:PORT, such as 127.0.0.1:7420`)
  }
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port }
}

function number(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ConfigError(`${flag} ${text}: expected a whole number above 0`)
  }
  return value
}

/** 0 is allowed: off. */
function minutes(flag: string, text: string): number {
  return text === '0' ? 0 : (number(flag, text) ?? 0) * 60_000
}

function timeZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch (cause) {
    throw new ConfigError(`--time-zone ${zone}: expected an IANA name, such as Asia/Shanghai`, {
      cause,
    })
  }
}

/** One knob: the beat and the grace keep their share of the lease. */
function linkSettings(leaseMs: number | null): LinkSettings {
  if (leaseMs === null) return DEFAULT_LINK_SETTINGS
  return {
    ...DEFAULT_LINK_SETTINGS,
    leaseMs,
    beatMs: Math.max(1, Math.floor(leaseMs / 4)),
    graceMs: Math.max(1, Math.floor(leaseMs / 10)),
    sweepMs: Math.min(DEFAULT_LINK_SETTINGS.sweepMs, Math.max(1, Math.floor(leaseMs / 10))),
  }
}
