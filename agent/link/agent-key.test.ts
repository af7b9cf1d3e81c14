import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'

import * as x509 from '@peculiar/x509'

import { certificateRequest, isAgentKey, makeAgentKey, selfSignedCertificate } from './agent-key.ts'

test('a request carries the key that signed it, as another library reads it', async () => {
  const keyPem = makeAgentKey()
  const request = new x509.Pkcs10CertificateRequest(new Uint8Array(certificateRequest(keyPem)))
  assert.ok(await request.verify())
  assert.equal(request.subject, '')
  const publicKey = createPublicKey(createPrivateKey(keyPem))
  assert.deepEqual(
    Buffer.from(request.publicKey.rawData),
    publicKey.export({ format: 'der', type: 'spki' }),
  )
})

test('a certificate by the key for itself is one, as another library and OpenSSL read it', async () => {
  const keyPem = makeAgentKey()
  const pem = selfSignedCertificate(keyPem)
  const read = new x509.X509Certificate(pem)
  assert.ok(await read.verify({ signatureOnly: true }))
  assert.equal(read.notBefore.getUTCFullYear(), 1950)
  assert.equal(read.notAfter.getUTCFullYear(), 2049)
  const publicKey = createPublicKey(createPrivateKey(keyPem))
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  assert.deepEqual(Buffer.from(read.publicKey.rawData), spki)
  const openssl = new X509Certificate(pem)
  assert.ok(openssl.verify(publicKey) && openssl.checkPrivateKey(createPrivateKey(keyPem)))
  assert.equal(openssl.subject, 'CN=agent')
})

test('only an ECDSA P-256 key is an agent key', () => {
  assert.ok(isAgentKey(makeAgentKey()))
  assert.ok(!isAgentKey('s3cret'))
})
