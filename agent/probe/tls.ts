/** A TLS handshake, looked at: protocol, certificate, and who is to blame when it fails. Throws ProbeError only. */
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'

import { KafkaError } from '../kafka/errors.ts'
import { addressText, type BrokerAddress, type TlsConfig, tlsOptions } from '../kafka/security.ts'
import { CONNECT_MS_MAX, systemFailure } from './network.ts'
import { ProbeError } from './probe-error.ts'

/** TCP and handshake. */
const HANDSHAKE_MS_MAX = 2 * CONNECT_MS_MAX

export interface TlsTarget {
  readonly server: BrokerAddress
  /** IP address to dial; the server's name is still what the certificate is compared with. */
  readonly address: string
  readonly tls: TlsConfig
  /** The certificate is expected to be of a public CA: another one is not its own. */
  readonly expectsPublicCa: boolean
}

/** Products that end TLS to look into it, by the names that they sign with. */
const INSPECTORS =
  /zscaler|netskope|fortinet|fortigate|palo alto|blue ?coat|symantec web|forcepoint|websense|check ?point|sophos|cisco umbrella|mcafee web|skyhigh|barracuda|squid|mitmproxy|charles proxy|fiddler|sangfor|deep ?inspection|ssl inspection|tls inspection|burp|portswigger|kaspersky|avast|eset ssl/i

const UNTRUSTED =
  /SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|INVALID_CA/

/** What was seen, for people. */
export async function inspectTls(target: TlsTarget, signal: AbortSignal): Promise<string> {
  const socket = await handshake(target, signal)
  try {
    judge(target, socket)
    return describe(socket)
  } finally {
    socket.destroy()
  }
}

/** Whether somebody there speaks TLS at all, with whatever certificate. */
export async function speaksTls(
  server: BrokerAddress,
  address: string,
  signal: AbortSignal,
): Promise<boolean> {
  const tls = {
    caPem: null,
    certPem: null,
    keyPem: null,
    keyPassphrase: null,
    verifyHostname: false,
  }
  try {
    const socket = await handshake({ server, address, tls, expectsPublicCa: false }, signal)
    socket.destroy()
    return true
  } catch (error) {
    return error instanceof ProbeError && error.code === 'TLS_REFUSED'
  }
}

/** Completes the handshake whatever the certificate says, so that it can be looked at. */
function handshake(target: TlsTarget, signal: AbortSignal): Promise<TLSSocket> {
  const { server, address } = target
  const text = addressText(server)
  const options = settingsOf(target.tls)
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...options,
      host: address,
      port: server.port,
      ...(isIP(server.host) === 0 ? { servername: server.host } : {}),
      rejectUnauthorized: false,
    })
    const fail = (error: ProbeError): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.destroy()
      reject(error)
    }
    const stop = (): void =>
      fail(new ProbeError('TIMEOUT', `${text} did not finish the TLS handshake`))
    const timer = setTimeout(() => {
      fail(
        new ProbeError(
          'TIMEOUT',
          `${text} did not finish the TLS handshake within ${HANDSHAKE_MS_MAX} ms`,
        ),
      )
    }, HANDSHAKE_MS_MAX)
    signal.addEventListener('abort', stop, { once: true })
    socket.on('error', (error) => fail(handshakeFailure(text, error)))
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(socket)
    })
  })
}

function settingsOf(tls: TlsConfig): object {
  try {
    return tlsOptions(tls) ?? {}
  } catch (error) {
    if (error instanceof KafkaError) throw new ProbeError('BAD_SETTING', error.message, error)
    throw error
  }
}

function handshakeFailure(text: string, error: Error): ProbeError {
  const { code = '' } = error as { code?: string }
  const { message } = error
  if (
    /wrong version number|packet length too long|unexpected message|http request/i.test(message)
  ) {
    return new ProbeError('TLS_NOT_SPOKEN', `${text} answers, but not with TLS`, error)
  }
  if (code === 'ECONNRESET' || /disconnected before secure/i.test(message)) {
    return new ProbeError('TLS_CUT', `${text} closed the connection when TLS began`, error)
  }
  if (/alert/i.test(message)) {
    const alert = /alert ([a-z ]+)/i.exec(message)?.[1]?.trim() ?? 'no reason given'
    return new ProbeError('TLS_REFUSED', `${text} refused the TLS handshake: ${alert}`, error)
  }
  if (
    /^ERR_(SSL|OSSL)|^EPROTO/.test(code) ||
    /pem|key values mismatch|bad decrypt/i.test(message)
  ) {
    return new ProbeError('BAD_SETTING', `TLS with ${text} cannot begin: ${message}`, error)
  }
  return systemFailure(text, error)
}

function judge({ server, tls, expectsPublicCa }: TlsTarget, socket: TLSSocket): void {
  if (socket.authorized) return
  const text = addressText(server)
  const certificate = socket.getPeerCertificate(true)
  const why = codeOf(socket.authorizationError)
  const issuer = nameOf(certificate.issuer)
  if (UNTRUSTED.test(why)) {
    const signedBy = `the certificate of ${text} is signed by ${issuer}`
    if (INSPECTORS.test(chainNames(certificate))) {
      const message = `${signedBy}, an inspector of TLS: somebody on the way looks into the connection`
      throw new ProbeError('TLS_INTERCEPTED', message)
    }
    if (expectsPublicCa) {
      const message = `${signedBy}, not by a public CA: somebody on the way looks into the connection`
      throw new ProbeError('TLS_INTERCEPTED', message)
    }
    const trusted = tls.caPem === null ? "this host's CAs" : 'the CA of the data source'
    throw new ProbeError('TLS_UNTRUSTED', `${signedBy}, which ${trusted} did not sign (${why})`)
  }
  if (why === 'CERT_HAS_EXPIRED') {
    const message = `the certificate of ${text} was valid until ${certificate.valid_to}; here it is ${new Date().toUTCString()}`
    throw new ProbeError('TLS_EXPIRED', message)
  }
  if (why === 'CERT_NOT_YET_VALID') {
    const message = `the certificate of ${text} is valid from ${certificate.valid_from}; here it is ${new Date().toUTCString()}`
    throw new ProbeError('TLS_NOT_YET_VALID', message)
  }
  if (why === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = certificate.subjectaltname ?? nameOf(certificate.subject)
    throw new ProbeError('TLS_WRONG_NAME', `the certificate of ${text} is for ${names}`)
  }
  throw new ProbeError('TLS_UNTRUSTED', `the certificate of ${text} is not accepted (${why})`)
}

/** Node has it as a code or as an Error. */
function codeOf(error: unknown): string {
  if (typeof error === 'string') return error
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  return code ?? message ?? 'unknown reason'
}

function describe(socket: TLSSocket): string {
  const certificate = socket.getPeerCertificate()
  const { valid_to: until } = certificate
  return `${socket.getProtocol() ?? 'TLS'}, issued by ${nameOf(certificate.issuer)}, valid until ${until}`
}

type Name = DetailedPeerCertificate['issuer'] | undefined

function nameOf(name: Name): string {
  const first = (text: string | string[] | undefined): string | undefined =>
    Array.isArray(text) ? text[0] : text
  return first(name?.CN) ?? first(name?.O) ?? 'nobody by name'
}

/** Names in the chain that was sent; it ends with a certificate that is its own issuer. */
function chainNames(leaf: DetailedPeerCertificate): string {
  const names: string[] = []
  let at: DetailedPeerCertificate | undefined = leaf
  for (let depth = 0; at !== undefined && depth < 8; depth++) {
    names.push(
      ...Object.values(at.issuer ?? {})
        .flat()
        .map(String),
    )
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate
  }
  return names.join(' ')
}
