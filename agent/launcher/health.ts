/** Two looks from outside at how the agent is: its own word, and whether the control plane answers at all. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

const CONNECT_TIMEOUT_MS = 3_000

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

/** Something accepts connections there. */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS })
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
    socket.on('timeout', () => settle(false))
  })
}
