/**
 * The two structures that enrolling an agent needs, in DER: a certificate request is read, a client
 * certificate is written. Thousands of hosts enrol at once, and a library for certificates takes
 * 10 ms for the two of them; this takes a twentieth of it. Everything else about certificates is
 * the library's.
 */
import { createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const VERSION = 0xa0
const EXTENSIONS = 0xa3
const URI = 0x86

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = hex('300a06082a8648ce3d040302')
const COMMON_NAME = hex('0603550403')
const SUBJECT_ALTERNATIVE_NAME = hex('0603551d11')
/** Critical: no CA. */
const BASIC_CONSTRAINTS = hex('300c0603551d130101ff04023000')
/** Critical: digitalSignature. */
const KEY_USAGE = hex('300e0603551d0f0101ff040403020780')
/** clientAuth */
const EXTENDED_KEY_USAGE = hex('30130603551d25040c300a06082b06010505070302')
const VERSION_3 = hex('020102')
/** UTCTime ends with 2049. */
const GENERALIZED_FROM_MS = Date.UTC(2050, 0, 1)
const LENGTH_BYTES_MAX = 2

/** The public key of a certificate request that its own key has signed. @throws when it is none */
export function readCertificateRequest(der: Buffer): KeyObject {
  const whole = element(der, 0, SEQUENCE)
  if (whole.end !== der.length) throw new RangeError('bytes behind the request')
  const info = element(der, whole.contentAt, SEQUENCE)
  const algorithm = element(der, info.end, SEQUENCE)
  const signature = element(der, algorithm.end, BIT_STRING)
  if (!der.subarray(info.end, algorithm.end).equals(ECDSA_SHA256)) {
    throw new RangeError('the request is not signed by ECDSA with SHA-256')
  }
  if (signature.end !== whole.end || der[signature.contentAt] !== 0) {
    throw new RangeError('the signature is not the end of the request')
  }
  const version = element(der, info.contentAt, INTEGER)
  const name = element(der, version.end, SEQUENCE)
  const spki = element(der, name.end, SEQUENCE)
  const key = createPublicKey({
    key: der.subarray(name.end, spki.end),
    format: 'der',
    type: 'spki',
  })
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new RangeError('the key is not of P-256')
  }
  const signed = der.subarray(whole.contentAt, info.end)
  // After the count of unused bits.
  const isGood = verify('sha256', signed, key, der.subarray(signature.contentAt + 1, signature.end))
  if (!isGood) throw new RangeError('the request is not signed by the key that it is for')
  return key
}

export interface ClientCertificate {
  /** Positive. */
  readonly serial: Buffer
  /** DER of the CA's subject. */
  readonly issuer: Buffer
  readonly commonName: string
  readonly uri: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly publicKey: KeyObject
}

/** A client certificate (DER), signed with the CA's ECDSA key. */
export function writeClientCertificate(certificate: ClientCertificate, caKey: KeyObject): Buffer {
  const { serial, issuer, commonName, uri, notBeforeMs, notAfterMs, publicKey } = certificate
  const name = tlv(SEQUENCE, COMMON_NAME, tlv(UTF8_STRING, Buffer.from(commonName, 'utf8')))
  const names = tlv(SEQUENCE, tlv(URI, Buffer.from(uri, 'ascii')))
  const body = tlv(
    SEQUENCE,
    tlv(VERSION, VERSION_3),
    tlv(INTEGER, serial),
    ECDSA_SHA256,
    issuer,
    tlv(SEQUENCE, time(notBeforeMs), time(notAfterMs)),
    tlv(SEQUENCE, tlv(SET, name)),
    publicKey.export({ format: 'der', type: 'spki' }),
    tlv(
      EXTENSIONS,
      tlv(
        SEQUENCE,
        BASIC_CONSTRAINTS,
        KEY_USAGE,
        EXTENDED_KEY_USAGE,
        tlv(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, tlv(OCTET_STRING, names)),
      ),
    ),
  )
  const signature = sign('sha256', body, caKey)
  return tlv(SEQUENCE, body, ECDSA_SHA256, tlv(BIT_STRING, Buffer.from([0]), signature))
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length > 0xffff) throw new RangeError(`${length} bytes are too many for a certificate`)
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return ms < GENERALIZED_FROM_MS
    ? tlv(UTC_TIME, Buffer.from(digits.slice(2), 'ascii'))
    : tlv(GENERALIZED_TIME, Buffer.from(digits, 'ascii'))
}

/** Where the element that begins here has its content, and where it ends. */
function element(der: Buffer, at: number, tag: number): { contentAt: number; end: number } {
  if (der.readUInt8(at) !== tag) throw new RangeError(`no element ${tag} at ${at}`)
  const first = der.readUInt8(at + 1)
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > LENGTH_BYTES_MAX || first === 0x80) throw new RangeError('a length is too long')
  const contentAt = at + 2 + lengthBytes
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes)
  const end = contentAt + length
  if (end > der.length) throw new RangeError('the element ends behind the end')
  return { contentAt, end }
}
