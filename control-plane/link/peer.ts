import { TLSSocket } from 'node:tls'

/** Who is at the other end of a call's connection. */
export interface Peer {
  /** The same object for every call on one connection. */
  readonly connection: object
  /** DER. Its key is the client's: the TLS handshake has proved it. Nothing else is checked yet. */
  readonly certificate: Buffer | null
}

const NOBODY: Peer = { connection: {}, certificate: null }

/** Reading a certificate out of a socket parses it anew each time. */
const peers = new WeakMap<object, Peer>()

/**
 * grpc-js shows a peer's certificate only where OpenSSL trusts it by the machine's clock, and an
 * expired one is wanted too. So this goes down to the socket, past what grpc-js declares
 * (1.14.7, pinned): a server call keeps its `call`, that one its HTTP/2 `stream`.
 */
export function peerOf(call: object): Peer {
  const session = property(property(property(call, 'call'), 'stream'), 'session')
  if (session === null) return NOBODY // the connection is gone already
  const known = peers.get(session)
  if (known !== undefined) return known
  const socket = property(session, 'socket')
  if (!(socket instanceof TLSSocket)) return NOBODY
  const peer = { connection: session, certificate: socket.getPeerX509Certificate()?.raw ?? null }
  peers.set(session, peer)
  return peer
}

function property(from: object | null, name: string): object | null {
  const value: unknown = from === null ? null : Reflect.get(from, name)
  return typeof value === 'object' && value !== null ? value : null
}
