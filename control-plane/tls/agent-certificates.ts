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
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

import * as x509 from '@peculiar/x509'

import {
  readCertificateRequest,
  readCertifiedKey,
  readClientCertificate,
  writeClientCertificate,
} from './certificate-der.ts'
import type { KeyAndCertificate } from './certificates.ts'

const HOUR_MS = 60 * 60 * 1000
/** Renewed at half of it. */
export const AGENT_CERTIFICATE_MS = 24 * HOUR_MS
/** For readers whose clocks are behind. */
const BACKDATE_MS = 10 * 60 * 1000
/** A request of an agent takes about 300 bytes. */
const REQUEST_BYTES_MAX = 4096
const AGENT_NAME = /^urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** A key whose holder has signed the request with it. */
export interface RequestedKey {
  /** SHA-256 (hex) of the public key. */
  readonly publicKeyHash: string
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer
}

export interface AgentCertificate {
  readonly agentId: string
  readonly publicKeyHash: string
  readonly untilMs: number
}

export class AgentCertificates {
  /** DER. */
  readonly #caSubject: Buffer
  readonly #caPublicKey: KeyObject
  readonly #caKey: KeyObject

  private constructor({ certPem, keyPem }: KeyAndCertificate) {
    this.#caSubject = Buffer.from(new x509.X509Certificate(certPem).subjectName.toArrayBuffer())
    this.#caPublicKey = new X509Certificate(certPem).publicKey
    this.#caKey = createPrivateKey(keyPem)
  }

  static async open(ca: KeyAndCertificate): Promise<AgentCertificates> {
    return new AgentCertificates(ca)
  }

  /** null: no certificate request, not ECDSA P-256, or not signed by the key that it is for. */
  async readRequest(der: Uint8Array): Promise<RequestedKey | null> {
    if (der.length === 0 || der.length > REQUEST_BYTES_MAX) return null
    try {
      const publicKey = readCertificateRequest(Buffer.from(der))
      return { publicKeyHash: hashPublicKey(publicKey), publicKey }
    } catch {
      return null // whatever it is that came: no request
    }
  }

  /** A client certificate for this agent, as PEM. */
  async issue({ publicKey }: RequestedKey, agentId: string, nowMs: number): Promise<string> {
    const der = writeClientCertificate(
      {
        serial: positiveSerial(),
        issuer: this.#caSubject,
        commonName: agentId,
        uri: `urn:uuid:${agentId}`,
        notBeforeMs: nowMs - BACKDATE_MS,
        notAfterMs: nowMs + AGENT_CERTIFICATE_MS,
        publicKey,
      },
      this.#caKey,
    )
    const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
  }

  /**
   * Whether a certificate (DER) is of this key, whoever signed it: the TLS handshake has proved that the
   * client holds it.
   */
  isOfKey(der: Buffer, publicKeyHash: string): boolean {
    try {
      return hashPublicKey(readCertifiedKey(der)) === publicKeyHash
    } catch {
      return false // whatever it is that was shown: of another key
    }
  }

  /** Whose certificate (DER) it is, also when it is expired (K2); null: none of this CA's for an agent. */
  identify(der: Buffer): AgentCertificate | null {
    try {
      const { uri, notAfterMs, publicKey } = readClientCertificate(der, this.#caPublicKey) // K1
      const agentId = AGENT_NAME.exec(uri)?.[1]
      if (agentId === undefined) return null
      return { agentId, publicKeyHash: hashPublicKey(publicKey), untilMs: notAfterMs }
    } catch {
      return null // whatever it is that was shown: nobody
    }
  }
}

/** 16 random bytes; DER wants no leading 0, and serial numbers are positive. */
function positiveSerial(): Buffer {
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  return serial
}

function hashPublicKey(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest('hex')
}
