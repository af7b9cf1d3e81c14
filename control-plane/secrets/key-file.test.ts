import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { loadSecretKey } from './key-file.ts'
import { SecretError } from './secret-error.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-key-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const withCode = (code: string) => (error: unknown) =>
  error instanceof SecretError && error.code === code && error.message.includes(dataDir)

test('the first start makes a key that only its owner can read, and later starts read it', () => {
  const made = loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: false })
  assert.deepEqual(readdirSync(dataDir), ['secret.key'])
  assert.equal(statSync(join(dataDir, 'secret.key')).mode & 0o777, 0o600)
  assert.deepEqual(loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: true }), made)
})

test('two data directories get two keys', () => {
  const other = join(dataDir, 'other')
  assert.notDeepEqual(
    loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: false }),
    loadSecretKey({ dataDir: other, keyFile: null, storeHasSecrets: false }),
  )
})

test('a missing key of a store that has secrets is an error, not a new key', () => {
  const load = () => loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: true })
  assert.throws(load, withCode('KEY_MISSING'))
  assert.deepEqual(readdirSync(dataDir), [])
})

test('a key file named by the operator is used, and made where it is named', () => {
  const keyFile = join(dataDir, 'elsewhere', 'my.key')
  const made = loadSecretKey({ dataDir, keyFile, storeHasSecrets: false })
  assert.deepEqual(readdirSync(dataDir), ['elsewhere'])
  assert.deepEqual(loadSecretKey({ dataDir, keyFile, storeHasSecrets: true }), made)
})

test('a key file that other people could read is made private', () => {
  loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: false })
  const path = join(dataDir, 'secret.key')
  const text = Buffer.alloc(32, 1).toString('base64')
  rmSync(path)
  writeFileSync(path, text, { mode: 0o644 })
  loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: true })
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a file that holds no key is refused without showing what it holds', () => {
  for (const text of ['', 'dG9vIHNob3J0', `${Buffer.alloc(32, 1).toString('base64')}!`]) {
    writeFileSync(join(dataDir, 'secret.key'), text)
    const load = () => loadSecretKey({ dataDir, keyFile: null, storeHasSecrets: false })
    assert.throws(load, (error) => {
      assert(withCode('KEY_INVALID')(error))
      return text === '' || !String(error).includes(text)
    })
  }
})
