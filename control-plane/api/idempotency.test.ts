import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ApiError } from './api-error.ts'
import { IdempotencyMemory } from './idempotency.ts'
import { IDEMPOTENCY_KEEP_MS } from './limits.ts'

test('two requests at once under one key do the work once', async () => {
  const memory = new IdempotencyMemory<number>(() => 0)
  const gate = Promise.withResolvers<number>()
  let works = 0
  const work = (): Promise<number> => {
    works++
    return gate.promise
  }
  const both = Promise.all([memory.once('k', 'a', work), memory.once('k', 'a', work)])
  gate.resolve(7)
  assert.deepEqual([await both, works], [[7, 7], 1])
})

test('K1: a different request under the same key is refused', async () => {
  const memory = new IdempotencyMemory<number>(() => 0)
  await memory.once('k', 'a', async () => 1)
  await assert.rejects(
    memory.once('k', 'b', async () => 2),
    (error) => error instanceof ApiError && error.code === 'IDEMPOTENCY_KEY_REUSED',
  )
})

test('K2: a request that failed may be tried again', async () => {
  const memory = new IdempotencyMemory<number>(() => 0)
  await assert.rejects(memory.once('k', 'a', () => Promise.reject(new Error('no'))))
  assert.equal(await memory.once('k', 'a', async () => 2), 2)
})

test('K3: keys are forgotten when they are too old or too many', async () => {
  let nowMs = 0
  const memory = new IdempotencyMemory<string>(() => nowMs, 2)
  const ask = (key: string, answer: string) => memory.once(key, '', async () => answer)
  await ask('a', 'first')
  await ask('b', 'first')
  assert.equal(await ask('b', 'again'), 'first')
  await ask('c', 'first')
  assert.equal(await ask('a', 'again'), 'again', 'the oldest went')
  nowMs = IDEMPOTENCY_KEEP_MS + 1
  assert.equal(await ask('c', 'again'), 'again', 'too old')
})
