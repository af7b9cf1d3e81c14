import { AgentError } from './agent-error.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** `host:port`, `10.0.0.7:7421` or `[::1]:7421`. */
export function parseServerAddress(text: string): ServerAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/i.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535) {
    throw new AgentError(
      'SETTING_INVALID',
      `--link ${JSON.stringify(text)}: give host:port, e.g. sluice.example.com:7421`,
    )
  }
  return { host, port }
}

export function formatServerAddress({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
