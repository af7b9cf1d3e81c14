import type { Logger } from 'pino'

import type { Address } from '../config.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import type { Bundles } from './bundles.ts'
import { startInstallServer } from './install-server.ts'
import { Installer } from './installer.ts'

export interface InstallOptions {
  readonly bundles: Bundles
  /** null: no web port; hosts are given files. */
  readonly listen: Address | null
  /** As hosts reach the control plane: of the link and of the web port. */
  readonly host: string
  readonly linkPort: number
  readonly tls: ServerTls
  readonly log: Logger
}

export interface OpenInstall {
  readonly installer: Installer
  close(): Promise<void>
}

/** The installer, and the port that serves it when there shall be one. Rejects when it cannot listen. */
export async function openInstall(options: InstallOptions): Promise<OpenInstall> {
  const { bundles, listen, host, linkPort, tls, log } = options
  const linkAddress = hostAndPort(host, linkPort)
  const installer = new Installer({ bundles, tls, linkAddress })
  if (listen === null) return { installer, close: async () => {} }
  const server = await startInstallServer({ ...listen, tls, installer, log })
  installer.webUrl = `https://${hostAndPort(host, server.port)}`
  return { installer, close: () => server.close() }
}

function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
