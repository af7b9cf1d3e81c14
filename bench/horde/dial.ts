/** A connection of its own for each agent, as real agents have. */
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, checkServerIdentity } from 'node:tls'

import { CONTROL_PLANE_TLS_NAME } from '../../proto/link-metadata.ts'
import type { LinkTls } from './identity.ts'

export interface LinkPort {
  readonly host: string
  readonly port: number
}

const DIAL_TIMEOUT_MS = 30_000

export interface DialEvents {
  /** Calls may be made; TLS is still under way. */
  onSession(session: ClientHttp2Session): void
  /** Once: the connection could not be made, or has ended. Not after `hangUp`. */
  onOver(why: string): void
}

/** TLS and HTTP/2 to the control plane. Returns what hangs up. */
export function dial(link: LinkPort, tls: LinkTls, events: DialEvents): () => void {
  let isOver = false
  let session: ClientHttp2Session | null = null
  const over = (why: string): void => {
    if (isOver) return
    isOver = true
    events.onOver(why)
  }
  // TLS begins with the connection: thousands of hosts dial in vain while the control plane is away.
  const socket = connectTcp(link)
  socket.once('error', (error) => over(error.message))
  socket.once('connect', () => {
    socket.removeAllListeners('error')
    session = openSession(socket, tls, over)
    events.onSession(session)
  })
  return () => {
    isOver = true
    if (session === null) socket.destroy()
    else session.destroy()
  }
}

function openSession(
  socket: Socket,
  { secureContext, checksServer }: LinkTls,
  onOver: (why: string) => void,
): ClientHttp2Session {
  const secured = connectTls({
    socket,
    secureContext,
    servername: CONTROL_PLANE_TLS_NAME,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: checksServer,
    checkServerIdentity: (_host, certificate) =>
      checkServerIdentity(CONTROL_PLANE_TLS_NAME, certificate),
  })
  // 10,000 sessions share this process's memory: small windows are plenty for control frames.
  const session = connectHttp2(`https://${CONTROL_PLANE_TLS_NAME}`, {
    createConnection: () => secured,
    settings: { enablePush: false },
  })
  let why = 'the connection was closed'
  session.setTimeout(DIAL_TIMEOUT_MS, () => {
    if (session.connecting) session.destroy(new Error(`no connection in ${DIAL_TIMEOUT_MS} ms`))
  })
  session.on('error', (error: Error) => (why = error.message))
  session.on('close', () => onOver(why))
  return session
}
