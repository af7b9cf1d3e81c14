/** Two looks from outside at how the agent is: its own word, and whether the control plane answers at all. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { openSocket, openThroughProxy } from '../link/open-route.ts'
import { proxyFor } from '../link/proxy-setting.ts'
import { parseServerAddress } from '../link/server-address.ts'

/** The version that is connected, as `<state>/status.json` says; null: none is. */
export async function connectedVersion(stateDir: string): Promise<string | null> {
  const { connected, version } = await readStatus(stateDir)
  return connected === true && typeof version === 'string' ? version : null
}

/** Why the agent says that it is not connected; '' when it does not say. */
export async function statusMessage(stateDir: string): Promise<string> {
  const { message } = await readStatus(stateDir)
  return typeof message === 'string' ? message : ''
}

/** Empty when there is none yet. */
async function readStatus(stateDir: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(join(stateDir, 'status.json'), 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** The link accepts connections, on the way that the agent goes: straight, or through its proxy. */
export async function planeAnswers(
  link: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  if (link === undefined) return true
  try {
    const server = parseServerAddress(link)
    const proxy = proxyFor(server.host, env)
    const socket = await (proxy === null ? openSocket(server) : openThroughProxy(proxy, server))
    socket.destroy()
    return true
  } catch {
    return false
  }
}
