import { fileURLToPath } from 'node:url'

import { LocalProcess } from './local-process.ts'
import type { LocalSystemOptions } from './options.ts'
import type { Ports, StateDir } from './state-dir.ts'

export interface ControlPlaneNode {
  readonly apiUrl: string
  /** host:port that agents dial. */
  readonly linkAddress: string
  /** Holds the token of the API's first user. */
  readonly tokenFile: string
  readonly process: LocalProcess
}

export function startControlPlaneNode(
  options: LocalSystemOptions,
  stateDir: StateDir,
  ports: Ports,
): ControlPlaneNode {
  const file = fileURLToPath(new URL('../../control-plane/main.ts', import.meta.url))
  const linkAddress = `127.0.0.1:${ports.link}`
  const args = [
    `--data-dir=${stateDir.controlPlane}`,
    `--listen=127.0.0.1:${ports.api}`,
    `--link-listen=${linkAddress}`,
    '--install-listen=off',
  ]
  if (options.leaseMs !== undefined) args.push(`--lease-ms=${options.leaseMs}`)
  if (options.sliceBytesMax !== undefined) args.push(`--slice-bytes-max=${options.sliceBytesMax}`)
  const env = {
    LOG_LEVEL: options.logLevel ?? 'info',
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
  }
  const process = new LocalProcess({
    name: 'control plane',
    logPath: stateDir.log('control-plane'),
    launch: () => ({ file, args, env }),
    isReady: null,
  })
  process.start()
  return {
    apiUrl: `http://127.0.0.1:${ports.api}`,
    linkAddress,
    tokenFile: stateDir.tokenFile,
    process,
  }
}
