import { webcrypto } from 'node:crypto'

import * as x509 from '@peculiar/x509'

export interface TestCertificates {
  readonly caPem: string
  /** Of somebody else. */
  readonly otherCaPem: string
  readonly serverKeyPem: string
  readonly serverCertPem: string
  readonly clientKeyPem: string
  readonly clientCertPem: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000

/** A CA with a server certificate for 127.0.0.1 and a client certificate, valid for a day. */
export async function testCertificates(): Promise<TestCertificates> {
  x509.cryptoProvider.set(webcrypto)
  const ca = await authority('CN=test CA')
  const other = await authority('CN=other CA')
  const server = await issue(ca, 'CN=broker', [{ type: 'ip', value: '127.0.0.1' }])
  const client = await issue(ca, 'CN=client', [])
  return {
    caPem: ca.certificate.toString('pem'),
    otherCaPem: other.certificate.toString('pem'),
    serverKeyPem: server.keyPem,
    serverCertPem: server.certPem,
    clientKeyPem: client.keyPem,
    clientCertPem: client.certPem,
  }
}

interface Authority {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

const validity = () => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + DAY_MS),
})

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

async function authority(name: string): Promise<Authority> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
    ],
  })
  return { certificate, keys }
}

async function issue(
  ca: Authority,
  subject: string,
  names: readonly x509.JsonGeneralName[],
): Promise<{ keyPem: string; certPem: string }> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: ca.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity(),
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names])],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const base64 = pkcs8.toString('base64').replace(/(.{64})/g, '$1\n')
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`,
    certPem: certificate.toString('pem'),
  }
}
