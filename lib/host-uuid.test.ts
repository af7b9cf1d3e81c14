import assert from 'node:assert/strict'
import { test } from 'node:test'

import { usableUuid } from './host-uuid.ts'

test('a UUID that many hosts share is no identity', () => {
  const useless = [
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '03000200-0400-0500-0006-000700080009',
    'Not Settable',
    '',
  ]
  for (const text of useless) assert.equal(usableUuid(text), '', text)
})
