import { once } from 'node:events'
import { createServer } from 'node:net'

import { LocalSystemError } from './errors.ts'

/**
 * Below the range from which systems take ports for outgoing connections: otherwise, while a
 * process is down, a client that dials its port could get that very port as its own.
 */
const PORT_MIN = 20_000
const PORT_MAX = 32_000
const TRIES_MAX = 50

/** A port of 127.0.0.1 that nobody listens on now, to be kept over restarts. */
export async function choosePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const port = PORT_MIN + Math.floor(random() * (PORT_MAX - PORT_MIN))
    if (await isFree(port)) return port
  }
  throw new LocalSystemError(
    'NO_FREE_PORT',
    `no free port found between ${PORT_MIN} and ${PORT_MAX} in ${TRIES_MAX} tries`,
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
