import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'

import * as x509 from '@peculiar/x509'

import { AGENT_CERTIFICATE_MS, AgentCertificates } from './agent-certificates.ts'
import { ALGORITHM, createCa, createServerCertificate } from './certificates.ts'
import type { KeyAndCertificate } from './certificates.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const AGENT_ID = '5f0c9a3e-7d21-4b6f-8e11-00000000000a'
let ca: KeyAndCertificate
let certificates: AgentCertificates
before(async () => {
  ca = await createCa(NOW_MS)
  certificates = await AgentCertificates.open(ca)
})

async function makeRequest(): Promise<{ readonly der: Buffer; readonly publicKeyHash: string }> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: ALGORITHM,
  })
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
  const publicKeyHash = createHash('sha256').update(spki).digest('hex')
  return { der: Buffer.from(request.rawData), publicKeyHash }
}

async function issueFrom(issuer: AgentCertificates, der: Buffer): Promise<X509Certificate> {
  const key = await issuer.readRequest(der)
  assert.ok(key)
  return new X509Certificate(await issuer.issue(key, AGENT_ID, NOW_MS))
}

test('a certificate names its agent and key, for client authentication, for a day', async () => {
  const { der, publicKeyHash } = await makeRequest()
  const certificate = await issueFrom(certificates, der)
  assert.equal(certificate.subject, `CN=${AGENT_ID}`)
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.ok(certificate.validFromDate.getTime() < NOW_MS)
  const untilMs = NOW_MS + AGENT_CERTIFICATE_MS
  assert.deepEqual(certificates.identify(certificate.raw), {
    agentId: AGENT_ID,
    publicKeyHash,
    untilMs,
  })
})

test('another CA of the same name, and other certificates of this one, are nobody', async () => {
  const namesake = await AgentCertificates.open(await createCa(NOW_MS))
  const { der } = await makeRequest()
  assert.equal(certificates.identify((await issueFrom(namesake, der)).raw), null)
  const server = await createServerCertificate(ca, [], NOW_MS)
  assert.equal(certificates.identify(new X509Certificate(server.certPem).raw), null)
})

test('a request must be signed by its own key, which is ECDSA P-256', async () => {
  const { der } = await makeRequest()
  const tampered = Buffer.from(der)
  tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1
  assert.equal(await certificates.readRequest(tampered), null)
  assert.equal(await certificates.readRequest(Buffer.from('no request')), null)
  assert.equal(await certificates.readRequest(Buffer.alloc(0)), null)
  const p384 = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(p384, true, ['sign', 'verify'])
  const other = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: p384,
  })
  assert.equal(await certificates.readRequest(Buffer.from(other.rawData)), null)
})
