import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SendBuffers } from './send-buffers.ts'

test('a buffer comes again only after its last byte was taken', () => {
  const buffers = new SendBuffers()
  const first = buffers.take(1000)
  buffers.handedOut(first, 1000)
  buffers.taken(999)
  const second = buffers.take(1000)
  assert.notEqual(second, first)
  buffers.handedOut(second, 2000)
  buffers.taken(1000)
  assert.equal(buffers.take(1000), first)
  assert.notEqual(buffers.take(1000), second)
})

test('a buffer that is too small, or much too large, is not taken', () => {
  const buffers = new SendBuffers()
  const small = buffers.take(1000)
  buffers.handedOut(small, 1000)
  buffers.taken(1000)
  assert.ok(buffers.take(5000).length >= 5000)
  assert.notEqual(buffers.take(10), small)
  assert.equal(buffers.take(900), small)
})

test('sizes that change do not fill it with buffers that fit nothing', () => {
  const buffers = new SendBuffers()
  let end = 0
  for (const bytes of [10, 10, 10, 1_000_000]) {
    const buffer = buffers.take(bytes)
    end += bytes
    buffers.handedOut(buffer, end)
  }
  buffers.taken(end)
  const large = buffers.take(1_000_000)
  buffers.handedOut(large, end + 1)
  buffers.taken(end + 1)
  assert.equal(buffers.take(1_000_000), large)
})
