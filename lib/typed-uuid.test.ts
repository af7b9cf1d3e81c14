import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isSameUuid, readTypedUuid } from './typed-uuid.ts'

const UUID = '4c4c4544-0046-3510-8052-b4c04f4d3132'
const SWAPPED = '44454C4C-4600-1035-8052-B4C04F4D3132'

test('a UUID is the same host in either case and byte order', () => {
  assert.ok(isSameUuid(UUID, UUID.toUpperCase()))
  assert.ok(isSameUuid(UUID, SWAPPED))
  assert.ok(isSameUuid(SWAPPED, UUID))
  assert.ok(!isSameUuid(UUID, '4c4c4544-0046-3510-8052-b4c04f4d3133'))
})

test('a typed UUID is taken in lower case', () => {
  assert.deepEqual(readTypedUuid(` ${UUID.toUpperCase()}\n`), { ok: true, uuid: UUID })
})

test('what is no UUID, and what many hosts share, is refused with the reason', () => {
  const problem = (text: string): string => {
    const read = readTypedUuid(text)
    return read.ok ? '' : read.problem
  }
  for (const text of ['', 'host-1', UUID.slice(1)]) assert.match(problem(text), /not a UUID/)
  for (const text of [
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '03000200-0400-0500-0006-000700080009',
    '00020003-0004-0005-0006-000700080009',
  ]) {
    assert.match(problem(text), /many hosts have it/, text)
  }
})
