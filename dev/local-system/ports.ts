import { createSocket, type Socket } from 'node:dgram'
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

/**
 * Nobody listens on a port that is chosen but not used yet, nor while its process is down: other systems
 * are told by the UDP port of the same number, which this process holds until it ends. Four for each
 * system that it starts.
 */
const claims = new Set<Socket>()

/**
 * A port of 127.0.0.1 that nobody listens on and no other system on this machine has chosen, to be kept over
 * restarts of what listens there.
 */
export async function choosePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const port = PORT_MIN + Math.floor(random() * (PORT_MAX - PORT_MIN))
    if (await claimPort(port)) return port
  }
  throw new LocalSystemError(
    'NO_FREE_PORT',
    `no free port found between ${PORT_MIN} and ${PORT_MAX} in ${TRIES_MAX} tries`,
  )
}

/** False: somebody else has it. */
async function claimPort(port: number): Promise<boolean> {
  const claim = createSocket('udp4')
  claim.unref()
  try {
    claim.bind({ port, address: '127.0.0.1', exclusive: true })
    await once(claim, 'listening')
  } catch {
    claim.close()
    return false
  }
  if (await isFree(port)) {
    claims.add(claim)
    return true
  }
  claim.close()
  return false
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
