import assert from 'node:assert/strict'
import { test } from 'node:test'

import { crcCombine, crcShiftOf } from './crc-combine.ts'
import { crc32c } from './crc32c.ts'

test('the CRC of a concatenation comes from the CRCs of its parts, for any lengths', () => {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) >> 3))
  for (const at of [0, 1, 3, 8, 1000, 4095, 4999, 5000]) {
    const a = bytes.subarray(0, at)
    const b = bytes.subarray(at)
    assert.equal(crcCombine(crc32c(a), crcShiftOf(b.length), crc32c(b)), crc32c(bytes), `at ${at}`)
  }
})
