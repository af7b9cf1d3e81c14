// @peculiar/x509 finds its parts by decorators, which need this.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'

import * as x509 from '@peculiar/x509'

import { AgentCertificates } from './agent-certificates.ts'
import { readCertificateRequest, readCertifiedKey } from './certificate-der.ts'
import { ALGORITHM, createCa } from './certificates.ts'

const AGENT_ID = '0f9a3c5e-7d21-4b6f-8e11-00000000abcd'
const NOW_MS = Date.UTC(2026, 5, 1)

async function libraryRequest(): Promise<{ der: Buffer; spki: Buffer }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=some host',
    keys,
    signingAlgorithm: ALGORITHM,
  })
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey)
  return { der: Buffer.from(request.rawData), spki: Buffer.from(spki) }
}

test('the key of a request that another library wrote is read', async () => {
  const { der, spki } = await libraryRequest()
  assert.deepEqual(readCertificateRequest(der), spki)
})

test('a request with any byte changed, cut short or made longer is refused', async () => {
  const { der } = await libraryRequest()
  for (let at = 0; at < der.length; at += 1) {
    const changed = Buffer.from(der)
    changed[at]! ^= 1
    assert.throws(() => readCertificateRequest(changed), Error, `byte ${at}`)
  }
  for (let length = 0; length < der.length; length += 7) {
    assert.throws(() => readCertificateRequest(der.subarray(0, length)))
  }
  assert.throws(() => readCertificateRequest(Buffer.concat([der, Buffer.from([0])])))
})

test('the key of a certificate that another library wrote is read, whoever signed it', async () => {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=some host',
    notBefore: new Date(NOW_MS),
    notAfter: new Date(Date.UTC(2099, 0, 1)),
    signingAlgorithm: ALGORITHM,
    keys,
  })
  const der = Buffer.from(certificate.rawData)
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
  assert.deepEqual(readCertifiedKey(der), spki)
  for (let length = 0; length < der.length; length += 7) {
    assert.throws(() => readCertifiedKey(der.subarray(0, length)))
  }
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const rsa = await x509.X509CertificateGenerator.create({
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    signingKey: keys.privateKey,
    signingAlgorithm: ALGORITHM,
  })
  assert.throws(() => readCertifiedKey(Buffer.from(rsa.rawData)), /P-256/)
})

test('the certificate is what OpenSSL and another library read in it', async () => {
  const ca = await createCa(NOW_MS)
  const certificates = await AgentCertificates.open(ca)
  const { der, spki } = await libraryRequest()
  const key = await certificates.readRequest(der)
  assert(key !== null)
  const issued = await certificates.issue(key, AGENT_ID, NOW_MS)
  const read = new X509Certificate(issued)
  const caCertificate = new X509Certificate(ca.certPem)
  assert(read.checkIssued(caCertificate))
  assert(read.verify(caCertificate.publicKey))
  assert.equal(read.ca, false)
  assert.equal(read.subject, `CN=${AGENT_ID}`)
  assert.equal(read.subjectAltName, `URI:urn:uuid:${AGENT_ID}`)
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.equal(read.validFromDate.getTime(), NOW_MS - 10 * 60_000)
  assert.equal(read.validToDate.getTime(), NOW_MS + 24 * 3_600_000)
  assert.deepEqual(read.publicKey.export({ format: 'der', type: 'spki' }), spki)
  assert.equal(certificates.identify(read.raw)?.agentId, AGENT_ID)
  const other = new x509.X509Certificate(issued)
  assert.equal(other.getExtension(x509.BasicConstraintsExtension)?.critical, true)
  assert.equal(
    other.getExtension(x509.KeyUsagesExtension)?.usages,
    x509.KeyUsageFlags.digitalSignature,
  )
})

test('a certificate that outlives 2049 has its time written out', async () => {
  const nowMs = Date.UTC(2049, 11, 31, 12)
  const certificates = await AgentCertificates.open(await createCa(nowMs))
  const key = await certificates.readRequest((await libraryRequest()).der)
  const read = new X509Certificate(await certificates.issue(key!, AGENT_ID, nowMs))
  assert.equal(read.validToDate.getTime(), nowMs + 24 * 3_600_000)
  assert.equal(certificates.identify(read.raw)?.untilMs, nowMs + 24 * 3_600_000)
})

test('a certificate with any byte changed, cut short or made longer is nobody', async () => {
  const certificates = await AgentCertificates.open(await createCa(NOW_MS))
  const key = await certificates.readRequest((await libraryRequest()).der)
  const { raw } = new X509Certificate(await certificates.issue(key!, AGENT_ID, NOW_MS))
  assert.equal(certificates.identify(raw)?.agentId, AGENT_ID)
  for (let at = 0; at < raw.length; at += 1) {
    const changed = Buffer.from(raw)
    changed[at]! ^= 1
    assert.equal(certificates.identify(changed), null, `byte ${at}`)
  }
  for (let length = 0; length < raw.length; length += 7) {
    assert.equal(certificates.identify(raw.subarray(0, length)), null)
  }
  assert.equal(certificates.identify(Buffer.concat([raw, Buffer.from([0])])), null)
})

test('certificates of this CA with another purpose, name or key are nobody', async () => {
  const ca = await createCa(NOW_MS)
  const certificates = await AgentCertificates.open(ca)
  const make = async (
    extensions: readonly x509.Extension[],
    algorithm = ALGORITHM,
  ): Promise<Buffer> => {
    const { publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const issuer = new x509.X509Certificate(ca.certPem)
    const key = createPrivateKey(ca.keyPem).export({ format: 'der', type: 'pkcs8' })
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: '01',
      issuer: issuer.subject,
      subject: `CN=${AGENT_ID}`,
      publicKey,
      signingKey: await crypto.subtle.importKey('pkcs8', key, ALGORITHM, false, ['sign']),
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(NOW_MS),
      notAfter: new Date(NOW_MS + 1_000),
      extensions: [...extensions],
    })
    return Buffer.from(made.rawData)
  }
  const plain = new x509.BasicConstraintsExtension(false, undefined, true)
  const signs = new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)
  const client = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])
  const server = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])
  const uri = { type: 'url', value: `urn:uuid:${AGENT_ID}` } as const
  const name = new x509.SubjectAlternativeNameExtension([uri])
  const good = await make([plain, signs, client, name])
  assert.equal(certificates.identify(good)?.agentId, AGENT_ID)
  const host = { type: 'dns', value: 'localhost' } as const
  for (const extensions of [
    [plain, signs, server, name],
    [plain, signs, name],
    [plain, signs, client],
    [plain, client, name],
    [new x509.BasicConstraintsExtension(true, 0, true), signs, client, name],
    [plain, signs, client, new x509.SubjectAlternativeNameExtension([host])],
    [plain, signs, client, new x509.SubjectAlternativeNameExtension([uri, uri])],
    [plain, signs, client, new x509.SubjectAlternativeNameExtension([{ ...uri, value: 'urn:x' }])],
  ]) {
    assert.equal(certificates.identify(await make(extensions)), null)
  }
  const p384 = { ...ALGORITHM, namedCurve: 'P-384' }
  assert.equal(certificates.identify(await make([plain, signs, client, name], p384)), null)
})

test('a request for a key of another kind is refused', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  assert.throws(() =>
    readCertificateRequest(Buffer.from(publicKey.export({ format: 'der', type: 'spki' }))),
  )
})
