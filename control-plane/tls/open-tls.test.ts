import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { mintEnrolToken } from './enrol-token.ts'
import { openTls } from './open-tls.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const nowMs = Date.UTC(2026, 0, 1)

async function tempDir(t: { after(run: () => Promise<void>): void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-tls-'))
  t.after(() => rm(dir, { recursive: true }))
  return dir
}

test('the CA and the server certificate are made once and found again', async (t) => {
  const dir = await tempDir(t)
  const options = { dir, hostNames: ['plane.example.com', '10.0.0.7', '2001:db8:0::1'], nowMs }
  const first = await openTls(options)
  const second = await openTls({ ...options, nowMs: nowMs + DAY_MS })
  assert.deepEqual(second, first)
  const [leafPem] = first.certChainPem.split(/(?<=-----END CERTIFICATE-----\n)/)
  const leaf = new X509Certificate(leafPem ?? '')
  const ca = new X509Certificate(first.caPem)
  assert.ok(leaf.verify(ca.publicKey))
  assert.ok(leaf.checkIssued(ca))
  for (const name of ['plane.example.com', 'localhost', 'control-plane.sluice.internal']) {
    assert.equal(leaf.checkHost(name), name)
  }
  for (const ip of ['10.0.0.7', '127.0.0.1', '2001:db8::1']) assert.equal(leaf.checkIP(ip), ip)
  assert.equal(leaf.ca, false)
  assert.equal(ca.ca, true)
  assert.equal(first.caFingerprint, ca.fingerprint256.replaceAll(':', '').toLowerCase())
})

test('keys are readable by their owner alone', async (t) => {
  const dir = await tempDir(t)
  await openTls({ dir, hostNames: [], nowMs })
  for (const name of ['ca-key.pem', 'server-key.pem']) {
    assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600)
  }
})

test('the server certificate is renewed in the second half of its life, under the same CA', async (t) => {
  const dir = await tempDir(t)
  const options = { dir, hostNames: ['a'], nowMs }
  const first = await openTls(options)
  assert.equal((await openTls({ ...options, nowMs: nowMs + 410 * DAY_MS })).keyPem, first.keyPem)
  const renewed = await openTls({ ...options, nowMs: nowMs + 414 * DAY_MS })
  assert.notEqual(renewed.keyPem, first.keyPem)
  assert.equal(renewed.caFingerprint, first.caFingerprint)
})

test('a changed list of host names makes a new server certificate', async (t) => {
  const dir = await tempDir(t)
  const first = await openTls({ dir, hostNames: ['a'], nowMs })
  const second = await openTls({ dir, hostNames: ['a', 'b'], nowMs })
  assert.notEqual(second.keyPem, first.keyPem)
  assert.equal(second.caPem, first.caPem)
})

test('a CA without its key is refused, never replaced', async (t) => {
  const dir = await tempDir(t)
  await openTls({ dir, hostNames: [], nowMs })
  await rm(join(dir, 'ca-key.pem'))
  const before = await readFile(join(dir, 'ca.pem'), 'utf8')
  await assert.rejects(openTls({ dir, hostNames: [], nowMs }), /restore the key from a backup/)
  assert.equal(await readFile(join(dir, 'ca.pem'), 'utf8'), before)
})

test('a token carries the first half of the CA fingerprint, and only its secret is hashed', () => {
  const { token, tokenHash } = mintEnrolToken('AB:CD' + ':00'.repeat(30))
  const [secret, pin] = token.split('.')
  assert.equal(pin, 'abcd' + '0'.repeat(28))
  assert.equal(Buffer.from(secret ?? '', 'base64url').length, 32)
  assert.match(tokenHash, /^[0-9a-f]{64}$/)
  assert.ok(!token.includes(tokenHash))
})
