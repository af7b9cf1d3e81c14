import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'

import { array, assert as check, constantFrom, property, uint8Array } from 'fast-check'

import { escapeText, unescapeText } from './string-escape.ts'

function roundTrip(bytes: Uint8Array): void {
  const stored = escapeText(bytes, 0, bytes.byteLength)
  assert.ok(isUtf8(stored))
  assert.deepEqual(Buffer.from(unescapeText(stored)), Buffer.from(bytes))
}

test('text is stored as it is', () => {
  for (const text of ['', 'plain', '你好😀', 'x'.repeat(1000), '\0']) {
    const bytes = Buffer.from(text)
    assert.deepEqual(Buffer.from(escapeText(bytes, 0, bytes.byteLength)), bytes)
  }
})

test('bytes that are no UTF-8 come back exactly', () => {
  for (const hex of ['fffe00616263', '80', 'c0af', 'eda080', 'f4908080', 'e4bd', 'f09f98']) {
    roundTrip(Buffer.from(hex, 'hex'))
  }
})

test('the escape characters themselves come back exactly', () => {
  for (const text of ['\u{10FF80}', '\u{10FFFD}', 'a\u{10FFC0}b', '\u{10FF7F}']) {
    roundTrip(Buffer.from(text))
  }
})

test('any bytes come back exactly', () => {
  check(property(uint8Array({ maxLength: 200 }), (bytes) => roundTrip(bytes)))
  const nasty = array(constantFrom(0xf4, 0x8f, 0xbe, 0xbf, 0x80, 0xbf, 0x41, 0xff))
  check(property(nasty, (bytes) => roundTrip(Uint8Array.from(bytes))))
})
