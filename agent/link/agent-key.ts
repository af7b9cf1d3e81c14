import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

/** A new ECDSA P-256 key as PKCS#8 PEM. It never leaves the host. */
export function makeAgentKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

export function isAgentKey(keyPem: string): boolean {
  try {
    return createPrivateKey(keyPem).asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')
/** As two-digit years reach, from the first to the last: whoever asks judges by the key alone. */
const ANY_TIME = Buffer.from(
  '301e170d3530303130313030303030305a170d3439313233313233353935395a',
  'hex',
)
/** CN=agent */
const AGENT_NAME = Buffer.from('3010310e300c06035504030c056167656e74', 'hex')
const VERSION_3 = Buffer.from('a003020102', 'hex')
const SERIAL_1 = Buffer.from('020101', 'hex')
const VERSION_0 = Buffer.from('020100', 'hex')
const NO_NAME = Buffer.from('3000', 'hex')
const NO_ATTRIBUTES = Buffer.from('a000', 'hex')
const SEQUENCE = 0x30
const BIT_STRING = 0x03

/**
 * A certificate request (PKCS#10, DER) for this key, signed by it. Without a name: the control plane
 * says who the agent is. Written out here, because it is these few bytes, and a library for
 * certificates would stay in the agent's memory for them.
 */
export function certificateRequest(keyPem: string): Buffer {
  const key = createPrivateKey(keyPem)
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const info = der(SEQUENCE, VERSION_0, NO_NAME, publicKey, NO_ATTRIBUTES)
  const signature = sign('sha256', info, key)
  return der(SEQUENCE, info, ECDSA_SHA256, der(BIT_STRING, Buffer.from([0]), signature))
}

/**
 * A certificate (PEM) by the key for itself, which nobody trusts: TLS shows no key without one. With it a
 * new host proves its key in the handshake, and goes on over the same connection once it is enrolled.
 */
export function selfSignedCertificate(keyPem: string): string {
  const key = createPrivateKey(keyPem)
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const body = der(
    SEQUENCE,
    VERSION_3,
    SERIAL_1,
    ECDSA_SHA256,
    AGENT_NAME,
    ANY_TIME,
    AGENT_NAME,
    publicKey,
  )
  const signature = sign('sha256', body, key)
  const whole = der(SEQUENCE, body, ECDSA_SHA256, der(BIT_STRING, Buffer.from([0]), signature))
  const lines = whole.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length > 0xffff)
    throw new RangeError(`${length} bytes are too many for a request or certificate`)
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}
