// @peculiar/x509 finds its parts by decorators, which need this.
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'

import * as x509 from '@peculiar/x509'

import { CONTROL_PLANE_TLS_NAME } from '../../proto/link-metadata.ts'

export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 24 * 60 * 60 * 1000
/** Hosts are set up once and stay for years: the CA must outlive them. */
const CA_LIFE_MS = 20 * 365 * DAY_MS
const SERVER_LIFE_MS = 825 * DAY_MS
/** Clocks of hosts that are a little behind. */
const BACKDATE_MS = DAY_MS

export interface KeyAndCertificate {
  readonly keyPem: string
  readonly certPem: string
}

/** A new self-signed CA: ECDSA P-256, may sign end certificates only. */
export async function createCa(nowMs: number): Promise<KeyAndCertificate> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: 'CN=Sluice control plane CA',
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + CA_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { keyPem: await privateKeyPem(keys.privateKey), certPem: pem(certificate) }
}

/**
 * A server certificate for these host names and IP addresses, and always for localhost and the
 * name that agents check.
 */
export async function createServerCertificate(
  ca: KeyAndCertificate,
  hostNames: readonly string[],
  nowMs: number,
): Promise<KeyAndCertificate> {
  const keys = await generateKeys()
  const caCertificate = new x509.X509Certificate(ca.certPem)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: 'CN=Sluice control plane',
    issuer: caCertificate.subject,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + SERVER_LIFE_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(ca.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        certificateNames(hostNames).map((value) => ({
          type: isIP(value) === 0 ? 'dns' : 'ip',
          value,
        })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(caCertificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { keyPem: await privateKeyPem(keys.privateKey), certPem: pem(certificate) }
}

/** Every name that the server's certificate carries, without repeats. */
export function certificateNames(hostNames: readonly string[]): readonly string[] {
  const names = [...hostNames, 'localhost', '127.0.0.1', '::1', CONTROL_PLANE_TLS_NAME]
  return [...new Set(names.map((name) => name.toLowerCase()))]
}

/** The second half of the certificate's life has begun, or it is over. */
export function isDueForRenewal(certPem: string, nowMs: number): boolean {
  const certificate = new x509.X509Certificate(certPem)
  const from = certificate.notBefore.getTime()
  return nowMs >= from + (certificate.notAfter.getTime() - from) / 2
}

/** The certificate carries exactly these names and was signed by this CA. */
export async function isFor(
  certPem: string,
  caPem: string,
  hostNames: readonly string[],
): Promise<boolean> {
  const certificate = new x509.X509Certificate(certPem)
  const extension = certificate.getExtension(x509.SubjectAlternativeNameExtension)
  const have = new Set(extension?.names.items.map((item) => item.value.toLowerCase()) ?? [])
  const want = certificateNames(hostNames).map(canonicalIp)
  const haveCanonical = new Set([...have].map(canonicalIp))
  if (have.size !== want.length || !want.every((name) => haveCanonical.has(name))) return false
  return certificate.verify({
    publicKey: new x509.X509Certificate(caPem).publicKey,
    signatureOnly: true,
  })
}

/** IPv6 has many spellings; URL's is one. */
function canonicalIp(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname : name
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY') + '\n'
}

export async function importPrivateKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(keyPem)
  if (der === undefined) throw new Error('the key file holds no PEM block')
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
}

/** 16 random bytes; the first bit is 0, since serial numbers are positive. */
export function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  return Buffer.from(bytes).toString('hex')
}

function pem(certificate: x509.X509Certificate): string {
  return certificate.toString('pem') + '\n'
}
