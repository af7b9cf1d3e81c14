import assert from 'node:assert/strict'
import { test } from 'node:test'

import { checkBytes, checkFloat64, checkInt64, checkTimestamp } from './check-value.ts'
import { parseType } from './types.ts'

function problemOf(type: string, text: string, fieldBytesMax = 100): string | null {
  const data = Buffer.from(`##${text}##`)
  const length = Buffer.byteLength(text)
  return checkBytes(parseType(type), data, 2, length, { fieldBytesMax })
}

test('fields longer than the session allows are refused, whatever their type', () => {
  assert.equal(problemOf('string', 'abcde', 5), null)
  assert.match(problemOf('string', 'abcdef', 5) ?? '', /6 bytes exceed the 5/)
})

test('VARCHAR and CHAR count characters, not bytes', () => {
  assert.equal(problemOf('varchar(3)', '你好😀'), null)
  assert.match(problemOf('varchar(3)', '你好😀x') ?? '', /4 characters/)
  assert.match(problemOf('char(1)', 'ab') ?? '', /2 characters/)
})

test('decimals keep to precision and scale, and nothing is rounded', () => {
  for (const good of [
    '0',
    '-0',
    '12345678.99',
    '-12345678.9',
    '+1',
    '.5',
    '1.',
    '0000000000012.50000',
  ]) {
    assert.equal(problemOf('decimal(10,2)', good), null, good)
  }
  assert.match(problemOf('decimal(10,2)', '1.001') ?? '', /more than 2 digits after/)
  assert.match(problemOf('decimal(10,2)', '123456789') ?? '', /more than 8 digits before/)
  for (const bad of ['', '-', '.', 'x', '1e3', '1.2.3', ' 1']) {
    assert.match(problemOf('decimal(10,2)', bad) ?? '', /not plain decimal/, bad)
  }
})

test('numbers keep to the range of their type', () => {
  for (const [type, min, max] of [
    ['tinyint', -128n, 127n],
    ['smallint', -32_768n, 32_767n],
    ['int', -(2n ** 31n), 2n ** 31n - 1n],
    ['bigint', -(2n ** 63n) + 1n, 2n ** 63n - 1n],
    ['date', -719_162n, 2_932_896n],
  ] as const) {
    assert.equal(checkInt64(parseType(type), min), null)
    assert.equal(checkInt64(parseType(type), max), null)
    assert.match(checkInt64(parseType(type), min - 1n) ?? '', /out of the range/)
    assert.match(checkInt64(parseType(type), max + 1n) ?? '', /out of the range/)
  }
  assert.equal(checkFloat64(parseType('float'), 1e300), 'the value is out of the range of FLOAT')
  assert.equal(checkFloat64(parseType('float'), Infinity), null)
  assert.equal(checkFloat64(parseType('double'), 1e300), null)
})

test('timestamps keep to the years 1 to 9999', () => {
  assert.equal(checkTimestamp(-62_135_596_800n, 0), null)
  assert.notEqual(checkTimestamp(253_402_300_800n, 0), null)
  assert.notEqual(checkTimestamp(0n, 1_000_000_000), null)
})
