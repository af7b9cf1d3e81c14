import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'

import * as x509 from '@peculiar/x509'

import { certificateRequest, isAgentKey, makeAgentKey } from './agent-key.ts'

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

test('only an ECDSA P-256 key is an agent key', () => {
  assert.ok(isAgentKey(makeAgentKey()))
  assert.ok(!isAgentKey('s3cret'))
})
