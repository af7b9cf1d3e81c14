import assert from 'node:assert/strict'
import { test } from 'node:test'

import { crc32c } from '@node-rs/crc32'

import { crcAppend, shiftOf } from './crc-append.ts'

test('the CRC of two pieces is that of the whole', () => {
  const whole = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 251))
  for (const cut of [0, 1, 2, 31, 65_535, 65_536, 69_999, 70_000]) {
    const [first, second] = [whole.subarray(0, cut), whole.subarray(cut)]
    const joined = crcAppend(crc32c(first), shiftOf(second.length), crc32c(second))
    assert.equal(joined, crc32c(whole), `cut at ${cut}`)
  }
})
