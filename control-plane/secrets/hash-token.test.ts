import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hashToken, newToken } from './hash-token.ts'

test('a token says what it is for and carries 256 random bits', () => {
  const token = newToken('sluice_enrol')
  assert.match(token, /^sluice_enrol_[A-Za-z0-9_-]{43}$/)
  assert.equal(Buffer.from(token.slice('sluice_enrol_'.length), 'base64url').length, 32)
  assert.notEqual(newToken('sluice_enrol'), token)
})

test('a token hash is the SHA-256 of the whole token', () => {
  assert.equal(hashToken('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
