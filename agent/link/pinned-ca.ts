/**
 * First contact: the host does not know the control plane's CA yet, only the fingerprint that the
 * token carries. It takes the chain that the server shows, finds in it the CA that has this
 * fingerprint, and checks that this CA really signed the certificate that the server has the key of.
 */
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'

import { AgentError } from './agent-error.ts'
import { openSocket, openThroughProxy, RouteError } from './open-route.ts'
import { proxyFor } from './proxy-setting.ts'
import { formatServerAddress } from './server-address.ts'
import type { ServerAddress } from './server-address.ts'
import { fingerprintOf, readShownChain } from './shown-chain.ts'

/** Resolves with the PEM of the pinned CA; rejects with UNREACHABLE or CA_MISMATCH. */
export async function fetchPinnedCa(address: ServerAddress, caPin: string): Promise<string> {
  const chain = await chainShownAt(address)
  const where = formatServerAddress(address)
  const leaf = chain[0]
  const ca = chain.find((certificate) => fingerprintOf(certificate).startsWith(caPin))
  if (leaf === undefined || ca === undefined) {
    const seen = chain.map(fingerprintOf).join(', ')
    const issuer = leaf?.issuer.replaceAll('\n', ', ') ?? 'nobody'
    throw new AgentError(
      'CA_MISMATCH',
      `${where} does not show the CA that the token names (sha256 ${caPin}…), but ${seen || 'none'}, issued by "${issuer}". ` +
        'Either the token is of another control plane, or something between (a proxy that opens TLS) answers in its place.',
    )
  }
  if (!ca.ca || !leaf.checkIssued(ca) || !leaf.verify(ca.publicKey)) {
    throw new AgentError(
      'CA_MISMATCH',
      `the certificate of ${where} is not signed by the CA that the token names`,
    )
  }
  return ca.toString()
}

async function chainShownAt(address: ServerAddress): Promise<X509Certificate[]> {
  const route = await openRoute(address)
  try {
    return await readShownChain(route, address.host)
  } catch (cause) {
    const where = formatServerAddress(address)
    const why = reasonOf(cause as NodeJS.ErrnoException)
    throw new AgentError('UNREACHABLE', `${where} cannot be reached by TLS: ${why}`, { cause })
  }
}

/** A connection to the address, straight or through the proxy of the environment. */
async function openRoute(address: ServerAddress): Promise<Socket> {
  const where = formatServerAddress(address)
  let through = ''
  try {
    const proxy = proxyFor(address.host, process.env)
    if (proxy === null) return await openSocket(address)
    through = ` through the proxy ${proxy.host}:${proxy.port} of ${proxy.variable}`
    return await openThroughProxy(proxy, address)
  } catch (cause) {
    const code = cause instanceof RouteError ? cause.code : ''
    const why =
      code === 'PROXY_407'
        ? 'the proxy asks for a user name and password, or refuses the given ones (407): put them into the address as http://USER:PASSWORD@HOST:PORT'
        : (cause as Error).message
    throw new AgentError('UNREACHABLE', `${where} cannot be reached${through}: ${why}`, { cause })
  }
}

/** OpenSSL's own text names its source lines; what a person can act on is that it is no TLS. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ERR_SSL_WRONG_VERSION_NUMBER') return error.message.trim()
  return 'what answers there does not speak TLS. Is it the port of the API? Agents need the one of the link (7421 by default)'
}
