/**
 * The two structures that agents need of the control plane, in DER: a certificate request is read, a
 * client certificate is written and read again. Thousands of hosts enrol and come back at once, and a
 * library for certificates takes 10 ms for the first two of them; this takes a twentieth of it.
 * Everything else about certificates is the library's.
 *
 *   request     = SEQUENCE { info, ECDSA_SHA256, BIT STRING signature of info }
 *   info        = SEQUENCE { INTEGER version, SEQUENCE name, publicKey, ... }
 *   certificate = SEQUENCE { body, ECDSA_SHA256, BIT STRING signature of body }
 *   body        = SEQUENCE { VERSION_3, INTEGER serial, ECDSA_SHA256, SEQUENCE issuer,
 *                            SEQUENCE { time notBefore, time notAfter }, SEQUENCE subject, publicKey,
 *                            [3] { SEQUENCE { BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE,
 *                                             SUBJECT_ALTERNATIVE_NAME { URI } } } }
 *   publicKey   = P256_KEY, 64 bytes: the point, uncompressed
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
/** SubjectPublicKeyInfo of an ECDSA P-256 key up to its point. */
const P256_KEY = hex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
const P256_KEY_BYTES = P256_KEY.length + 64
/** UTCTime ends with 2049. */
const GENERALIZED_FROM_MS = Date.UTC(2050, 0, 1)
const LENGTH_BYTES_MAX = 2

/**
 * The public key (SubjectPublicKeyInfo, DER) of a certificate request that its own key has signed.
 * @throws when it is none, or not of P-256
 */
export function readCertificateRequest(der: Buffer): Buffer {
  const { body: info, signature } = readSigned(der)
  const version = element(der, info.contentAt, INTEGER)
  const name = element(der, version.end, SEQUENCE)
  const { publicKey } = readPublicKey(der, name.end)
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  if (!verify('sha256', der.subarray(info.at, info.end), key, signature)) {
    throw new RangeError('the request is not signed by the key that it is for')
  }
  return publicKey
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
  /** SubjectPublicKeyInfo, DER, of a P-256 key. */
  readonly publicKey: Buffer
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
    publicKey,
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

/**
 * What `writeClientCertificate` wrote and this CA's key signed, but for the serial number and the common
 * name. @throws when it is anything else, such as the server's own certificate
 */
export function readClientCertificate(
  der: Buffer,
  caKey: KeyObject,
): Pick<ClientCertificate, 'uri' | 'notAfterMs' | 'publicKey'> {
  const { body, signature } = readSigned(der)
  if (!verify('sha256', der.subarray(body.at, body.end), caKey, signature)) {
    throw new RangeError('the certificate is not signed by this CA')
  }
  const { validity, publicKey, end } = readCertified(der, body)
  const notBefore = anyElement(der, validity.contentAt)
  const extensions = element(der, element(der, end, EXTENSIONS).contentAt, SEQUENCE)
  let at = extensions.contentAt
  for (const expected of [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE]) {
    if (!der.subarray(at, at + expected.length).equals(expected)) {
      throw new RangeError('the certificate is not for client authentication alone')
    }
    at += expected.length
  }
  return {
    uri: readUri(der, at, extensions.end),
    notAfterMs: readTime(der, notBefore.end),
    publicKey,
  }
}

/**
 * The public key (SubjectPublicKeyInfo, DER) in a certificate that may be anybody's and is not checked.
 * @throws when it is none, or not of P-256
 */
export function readCertifiedKey(der: Buffer): Buffer {
  return readCertified(der, readSigned(der).body).publicKey
}

/** Of a certificate's body: what comes before its extensions, which begin at `end`. */
function readCertified(
  der: Buffer,
  body: Element,
): ReturnType<typeof readPublicKey> & { readonly validity: Element } {
  const version = element(der, body.contentAt, VERSION)
  const serial = element(der, version.end, INTEGER)
  const algorithm = element(der, serial.end, SEQUENCE)
  const issuer = element(der, algorithm.end, SEQUENCE)
  const validity = element(der, issuer.end, SEQUENCE)
  const subject = element(der, validity.end, SEQUENCE)
  return { validity, ...readPublicKey(der, subject.end) }
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

interface Element {
  readonly at: number
  readonly tag: number
  readonly contentAt: number
  readonly end: number
}

/** A body and the signature of it, which are all that there is. */
function readSigned(der: Buffer): { readonly body: Element; readonly signature: Buffer } {
  const whole = element(der, 0, SEQUENCE)
  if (whole.end !== der.length) throw new RangeError('bytes behind the end')
  const body = element(der, whole.contentAt, SEQUENCE)
  const algorithm = element(der, body.end, SEQUENCE)
  const signature = element(der, algorithm.end, BIT_STRING)
  if (!der.subarray(body.end, algorithm.end).equals(ECDSA_SHA256)) {
    throw new RangeError('not signed by ECDSA with SHA-256')
  }
  // The first byte is a count of unused bits.
  if (signature.end !== whole.end || der[signature.contentAt] !== 0) {
    throw new RangeError('the signature is not the end')
  }
  return { body, signature: der.subarray(signature.contentAt + 1, signature.end) }
}

function readPublicKey(
  der: Buffer,
  at: number,
): { readonly publicKey: Buffer; readonly end: number } {
  const end = at + P256_KEY_BYTES
  if (end > der.length || !der.subarray(at, at + P256_KEY.length).equals(P256_KEY)) {
    throw new RangeError('the key is not of P-256, written out')
  }
  return { publicKey: der.subarray(at, end), end }
}

/** Of the one alternative name, which is the last extension. */
function readUri(der: Buffer, at: number, end: number): string {
  const extension = element(der, at, SEQUENCE)
  const nameAt = extension.contentAt + SUBJECT_ALTERNATIVE_NAME.length
  if (!der.subarray(extension.contentAt, nameAt).equals(SUBJECT_ALTERNATIVE_NAME)) {
    throw new RangeError('the certificate has no alternative name')
  }
  const names = element(der, element(der, nameAt, OCTET_STRING).contentAt, SEQUENCE)
  const uri = element(der, names.contentAt, URI)
  if (uri.end !== end) throw new RangeError('the certificate has more than one alternative name')
  return der.toString('ascii', uri.contentAt, uri.end)
}

function readTime(der: Buffer, at: number): number {
  const { tag, contentAt, end } = anyElement(der, at)
  const digits = der.toString('ascii', contentAt, end)
  const text = tag === UTC_TIME ? `20${digits}` : digits
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) throw new RangeError(`no time: ${digits}`)
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  return Date.UTC(year!, month! - 1, day, hour, minute, second)
}

/** Where the element that begins here has its content, and where it ends. */
function element(der: Buffer, at: number, tag: number): Element {
  const found = anyElement(der, at)
  if (found.tag !== tag) throw new RangeError(`no element ${tag} at ${at}`)
  return found
}

function anyElement(der: Buffer, at: number): Element {
  const tag = der.readUInt8(at)
  const first = der.readUInt8(at + 1)
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (lengthBytes > LENGTH_BYTES_MAX || first === 0x80) throw new RangeError('a length is too long')
  const contentAt = at + 2 + lengthBytes
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes)
  const end = contentAt + length
  if (end > der.length) throw new RangeError('the element ends behind the end')
  return { at, tag, contentAt, end }
}
