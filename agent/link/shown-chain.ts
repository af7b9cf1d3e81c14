/** The certificates that a server shows in its TLS handshake, before anything about them is trusted. */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import type { DetailedPeerCertificate } from 'node:tls'

const HANDSHAKE_TIMEOUT_MS = 10_000
/** Certificates of a chain that are looked at. */
const CHAIN_MAX = 8

/**
 * The chain, the server's own certificate first: the handshake proves that the server has its key,
 * and nothing else. Uses the connection up. Rejects with Error, of TLS or of the connection.
 */
export function readShownChain(route: Socket, host: string): Promise<X509Certificate[]> {
  return new Promise((resolve, reject) => {
    const secure = connect(
      {
        socket: route,
        rejectUnauthorized: false, // who asks compares the chain with a fingerprint
        ALPNProtocols: ['h2'],
        ...(isIP(host) === 0 ? { servername: host } : {}),
      },
      () => {
        resolve(chainOf(secure.getPeerCertificate(true)))
        secure.destroy()
      },
    )
    const fail = (error: Error): void => {
      secure.destroy()
      route.destroy()
      reject(error)
    }
    const seconds = HANDSHAKE_TIMEOUT_MS / 1000
    secure.setTimeout(HANDSHAKE_TIMEOUT_MS, () => fail(new Error(`no TLS within ${seconds} s`)))
    secure.on('error', fail)
  })
}

/** SHA-256 in lower-case hex digits, as tokens and `--ca-fingerprint` begin to name it. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

function chainOf(first: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  let next: DetailedPeerCertificate | undefined = first
  while (next?.raw !== undefined && chain.length < CHAIN_MAX && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    chain.push(new X509Certificate(next.raw))
    next = next.issuerCertificate
  }
  return chain
}
