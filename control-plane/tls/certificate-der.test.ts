// @peculiar/x509 finds its parts by decorators, which need this.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'

import * as x509 from '@peculiar/x509'

import { AgentCertificates } from './agent-certificates.ts'
import { readCertificateRequest } from './certificate-der.ts'
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
  const key = readCertificateRequest(der)
  assert.deepEqual(key.export({ format: 'der', type: 'spki' }), spki)
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
  assert.equal(certificates.identify(read)?.agentId, AGENT_ID)
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
})

test('a request for a key of another kind is refused', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  assert.throws(() =>
    readCertificateRequest(Buffer.from(publicKey.export({ format: 'der', type: 'spki' }))),
  )
})
