/**
 * Certificates of agents, signed by the control plane's own CA.
 *
 * K1. A certificate names the agent (common name, and `urn:uuid:<id>` as alternative name) and is good
 *     for client authentication alone: the server's own certificate is nobody's identity.
 * K2. Whether it is trusted is decided here and by the caller's clock, not by the TLS library: an
 *     expired one must still be known for what it is, so that it can be renewed.
 * K3. A certificate whose time has not begun is good: the only clock that makes certificates is this
 *     one, and setting it back must not lock every agent out.
 */
// @peculiar/x509 finds its parts by decorators, which need this.
import 'reflect-metadata'
import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import type { webcrypto } from 'node:crypto'

import * as x509 from '@peculiar/x509'

import { ALGORITHM, importPrivateKey, randomSerial } from './certificates.ts'
import type { KeyAndCertificate } from './certificates.ts'

const HOUR_MS = 60 * 60 * 1000
/** Renewed at half of it. */
export const AGENT_CERTIFICATE_MS = 24 * HOUR_MS
/** For readers whose clocks are behind. */
const BACKDATE_MS = 10 * 60 * 1000
/** A request of an agent takes about 300 bytes. */
const REQUEST_BYTES_MAX = 4096
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const AGENT_NAME = /^URI:urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** A key whose holder has signed the request with it. */
export interface RequestedKey {
  /** SHA-256 (hex) of the public key (SPKI, DER). */
  readonly publicKeyHash: string
  readonly request: x509.Pkcs10CertificateRequest
}

export interface AgentCertificate {
  readonly agentId: string
  readonly publicKeyHash: string
  readonly untilMs: number
}

export class AgentCertificates {
  readonly #ca: x509.X509Certificate
  readonly #caCertificate: X509Certificate
  readonly #signingKey: webcrypto.CryptoKey

  private constructor(certPem: string, signingKey: webcrypto.CryptoKey) {
    this.#ca = new x509.X509Certificate(certPem)
    this.#caCertificate = new X509Certificate(certPem)
    this.#signingKey = signingKey
  }

  static async open(ca: KeyAndCertificate): Promise<AgentCertificates> {
    return new AgentCertificates(ca.certPem, await importPrivateKey(ca.keyPem))
  }

  /** null: no certificate request, not ECDSA P-256, or not signed by the key that it is for. */
  async readRequest(der: Uint8Array): Promise<RequestedKey | null> {
    if (der.length === 0 || der.length > REQUEST_BYTES_MAX) return null
    try {
      const request = new x509.Pkcs10CertificateRequest(new Uint8Array(der))
      const key = createPublicKey({
        key: Buffer.from(request.publicKey.rawData),
        format: 'der',
        type: 'spki',
      })
      if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return null
      if (!(await request.verify())) return null
      return { publicKeyHash: hashPublicKey(key), request }
    } catch {
      return null // whatever it is that came: no request
    }
  }

  /** A client certificate for this agent, as PEM. */
  async issue({ request }: RequestedKey, agentId: string, nowMs: number): Promise<string> {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: `CN=${agentId}`,
      issuer: this.#ca.subject,
      notBefore: new Date(nowMs - BACKDATE_MS),
      notAfter: new Date(nowMs + AGENT_CERTIFICATE_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: request.publicKey,
      signingKey: this.#signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `urn:uuid:${agentId}` }]),
      ],
    })
    return certificate.toString('pem') + '\n'
  }

  /** Whose certificate it is, also when it is expired (K2); null: none of this CA's for an agent. */
  identify(certificate: X509Certificate): AgentCertificate | null {
    if (!certificate.checkIssued(this.#caCertificate)) return null
    if (!certificate.verify(this.#caCertificate.publicKey)) return null
    // K1
    if (certificate.keyUsage?.includes(CLIENT_AUTH) !== true) return null
    const agentId = AGENT_NAME.exec(certificate.subjectAltName ?? '')?.[1]
    if (agentId === undefined) return null
    return {
      agentId,
      publicKeyHash: hashPublicKey(certificate.publicKey),
      untilMs: certificate.validToDate.getTime(),
    }
  }
}

function hashPublicKey(key: ReturnType<typeof createPublicKey>): string {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
}
