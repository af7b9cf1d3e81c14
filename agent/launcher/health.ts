/** Two looks from outside at how the agent is: its own word, and whether the control plane answers at all. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

const CONNECT_TIMEOUT_MS = 3_000

/** The version that is connected, as `<state>/status.json` says; null: none is. */
export async function connectedVersion(stateDir: string): Promise<string | null> {
  try {
    const text = await readFile(join(stateDir, 'status.json'), 'utf8')
    const { connected, version } = JSON.parse(text) as Record<string, unknown>
    return connected === true && typeof version === 'string' ? version : null
  } catch {
    return null
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
