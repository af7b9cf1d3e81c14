/** A connection of its own for each agent, as real agents have. */
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect as connectTls, checkServerIdentity, type SecureContext } from 'node:tls'

import { CONTROL_PLANE_TLS_NAME } from '../../proto/link-metadata.ts'

export interface LinkPort {
  readonly host: string
  readonly port: number
}

const DIAL_TIMEOUT_MS = 30_000

/**
 * TLS and HTTP/2 to the control plane; the server is checked as an agent does. Calls `onOver` once,
 * when the connection could not be made or has ended.
 */
export function dial(
  { host, port }: LinkPort,
  secureContext: SecureContext,
  onOver: (why: string) => void,
): ClientHttp2Session {
  const socket = connectTls({
    host,
    port,
    secureContext,
    servername: CONTROL_PLANE_TLS_NAME,
    ALPNProtocols: ['h2'],
    checkServerIdentity: (_host, certificate) =>
      checkServerIdentity(CONTROL_PLANE_TLS_NAME, certificate),
  })
  // 10,000 sessions share this process's memory: small windows are plenty for control frames.
  const session = connectHttp2(`https://${CONTROL_PLANE_TLS_NAME}`, {
    createConnection: () => socket,
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
