import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { openReleaseKey } from './release-key.ts'

test('the release key is made once, readable by its owner alone, and signs the exact text', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-release-key-'))
  try {
    const made = await openReleaseKey(dir)
    assert.equal(statSync(join(dir, 'release-key.pem')).mode & 0o777, 0o600)
    const again = await openReleaseKey(dir)
    assert.equal(again.publicKeyPem, made.publicKeyPem)
    const signature = again.sign('{"version":"1.0.0"}')
    const isGood = (text: string): boolean =>
      verify(null, Buffer.from(text), made.publicKeyPem, signature)
    assert.equal(isGood('{"version":"1.0.0"}'), true)
    assert.equal(isGood('{"version": "1.0.0"}'), false)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('a damaged key is an error for a person, never a reason to make a new one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-release-key-'))
  try {
    writeFileSync(join(dir, 'release-key.pem'), 'garbage')
    await assert.rejects(openReleaseKey(dir), /does not hold an Ed25519 key/)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
