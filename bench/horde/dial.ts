/** A connection of its own for each agent, as real agents have. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, checkServerIdentity, type TLSSocket } from 'node:tls'

import { CONTROL_PLANE_TLS_NAME } from '../../proto/link-metadata.ts'
import { GrpcConnection } from './grpc-connection.ts'
import type { LinkTls } from './identity.ts'

export interface LinkPort {
  readonly host: string
  readonly port: number
}

const DIAL_TIMEOUT_MS = 30_000
/**
 * TLS handshakes under way at once. Ten thousand hosts do theirs side by side; one process that does them in
 * one go hears and says nothing else for seconds, and beats of agents that are in must not wait for that.
 */
const HANDSHAKES_MAX = 512

/** Who is to shake hands, in the order in which they came. Bounded by the agents. */
class Handshakes {
  readonly #waiting: (() => void)[] = []
  #underWay = 0

  /** Calls `start` now or later; it calls `leave` once. */
  enter(start: (leave: () => void) => void): void {
    if (this.#underWay === HANDSHAKES_MAX) {
      this.#waiting.push(() => start(() => this.#leave()))
      return
    }
    this.#underWay += 1
    start(() => this.#leave())
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#underWay -= 1
    else queueMicrotask(next)
  }
}

const handshakes = new Handshakes()

export interface DialEvents {
  /** Calls may be made; TLS is still under way. */
  onConnection(connection: GrpcConnection): void
  /** Once: the connection could not be made, or has ended. Not after `hangUp`. */
  onOver(why: string): void
}

/** TLS and HTTP/2 to the control plane. Returns what hangs up. */
export function dial(link: LinkPort, tls: LinkTls, events: DialEvents): () => void {
  let isOver = false
  const over = (why: string): void => {
    if (isOver) return
    isOver = true
    events.onOver(why)
  }
  // TLS begins with the connection: thousands of hosts dial in vain while the control plane is away.
  const socket = connectTcp(link)
  let open: Socket = socket
  socket.setTimeout(DIAL_TIMEOUT_MS, () => {
    socket.destroy(new Error(`no connection in ${DIAL_TIMEOUT_MS} ms`))
  })
  socket.once('error', (error) => over(error.message))
  socket.once('close', () => over('the connection was closed'))
  socket.once('connect', () => {
    socket.setTimeout(0)
    handshakes.enter((leave) => {
      if (isOver) return leave()
      for (const event of ['error', 'close', 'timeout']) socket.removeAllListeners(event)
      const secured = secure(socket, tls, over, leave)
      open = secured
      events.onConnection(new GrpcConnection(secured, CONTROL_PLANE_TLS_NAME))
    })
  })
  return () => {
    isOver = true
    open.destroy()
  }
}

function secure(
  socket: Socket,
  { secureContext, checksServer }: LinkTls,
  onOver: (why: string) => void,
  onHandshakeOver: () => void,
): TLSSocket {
  const secured = connectTls({
    socket,
    secureContext,
    servername: CONTROL_PLANE_TLS_NAME,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: checksServer,
    checkServerIdentity: (_host, certificate) =>
      checkServerIdentity(CONTROL_PLANE_TLS_NAME, certificate),
  })
  let isShaking = true
  const shaken = (): void => {
    if (isShaking) onHandshakeOver()
    isShaking = false
  }
  secured.setTimeout(DIAL_TIMEOUT_MS, () => {
    secured.destroy(new Error(`no TLS in ${DIAL_TIMEOUT_MS} ms`))
  })
  secured.once('secureConnect', () => {
    secured.setTimeout(0)
    shaken()
  })
  let why = 'the connection was closed'
  secured.on('error', (error: Error) => (why = error.message))
  secured.on('close', () => {
    shaken()
    onOver(why)
  })
  return secured
}
