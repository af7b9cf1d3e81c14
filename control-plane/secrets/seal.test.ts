import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

import { deriveSecretKey, KEY_BYTES, keyedDigest, open, seal } from './seal.ts'
import { SecretError } from './secret-error.ts'

const key = deriveSecretKey(new Uint8Array(KEY_BYTES).fill(7))
const otherKey = deriveSecretKey(new Uint8Array(KEY_BYTES).fill(8))
const plain = new TextEncoder().encode('{"password":"hunter2"}')

const refused = (error: unknown): boolean =>
  error instanceof SecretError &&
  error.code === 'TAG_MISMATCH' &&
  !error.message.includes('hunter2') &&
  error.message.includes('datasource:a:1')

test('what was sealed opens with the same key at the same place, also when it is empty', () => {
  assert.deepEqual(open(key, seal(key, plain, 'datasource:a:1'), 'datasource:a:1'), plain)
  const nothing = new Uint8Array()
  assert.deepEqual(open(key, seal(key, nothing, 'datasource:a:1'), 'datasource:a:1'), nothing)
})

test('a sealed value shows nothing of its text and differs each time', () => {
  const sealed = Buffer.from(seal(key, plain, 'datasource:a:1'))
  assert.equal(sealed.includes('hunter2'), false)
  assert.notDeepEqual(sealed, Buffer.from(seal(key, plain, 'datasource:a:1')))
})

test('a sealed value does not open with another key', () => {
  const sealed = seal(otherKey, plain, 'datasource:a:1')
  assert.throws(() => open(key, sealed, 'datasource:a:1'), refused)
})

test('a sealed value does not open at another place', () => {
  const sealed = seal(key, plain, 'datasource:b:1')
  assert.throws(() => open(key, sealed, 'datasource:a:1'), refused)
})

test('a sealed value does not open when any one bit of it is changed', () => {
  const sealed = seal(key, plain, 'datasource:a:1')
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Uint8Array.from(sealed)
    changed[index]! ^= 1
    assert.throws(() => open(key, changed, 'datasource:a:1'), refused, `byte ${index}`)
  }
})

test('a value that is too short to be a sealed one is refused the same way', () => {
  const sealed = seal(key, plain, 'datasource:a:1')
  for (const length of [0, 1, 12, 13, 28]) {
    assert.throws(() => open(key, sealed.subarray(0, length), 'datasource:a:1'), refused)
  }
})

test('a keyed digest is the same for the same text and key only', () => {
  const text = randomBytes(16).toString('hex')
  assert.equal(keyedDigest(key, text), keyedDigest(key, text))
  assert.notEqual(keyedDigest(key, text), keyedDigest(key, `${text} `))
  assert.notEqual(keyedDigest(key, text), keyedDigest(otherKey, text))
})
