import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { uuidBytes, WireReader, WireWriter } from './wire.ts'

test('every primitive is read as it was written', () => {
  const offsets = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 400 }))
  fc.assert(
    fc.property(offsets, text, fc.nat({ max: 0x7fff_ffff }), (number, string, varint) => {
      const writer = new WireWriter().int64(number).string(string).compactString(string)
      writer.unsignedVarint(varint).int8(-1).int16(-2).int32(-3).boolean(true)
      const reader = new WireReader(writer.finish())
      assert.equal(reader.int64(), number === 0 ? 0 : number)
      assert.equal(reader.nullableString(), string)
      assert.equal(reader.compactNullableString(), string)
      assert.equal(reader.unsignedVarint(), varint)
      assert.deepEqual(
        [reader.int8(), reader.int16(), reader.int32(), reader.boolean()],
        [-1, -2, -3, true],
      )
      assert.equal(reader.position, reader.bytes.length)
    }),
  )
})

test('an answer that ends too early is an error of the protocol', () => {
  assert.throws(() => new WireReader(Buffer.alloc(7)).int64(), { code: 'PROTOCOL' })
  assert.throws(() => new WireReader(Buffer.of(0, 9, 65)).string(), { code: 'PROTOCOL' })
  assert.throws(() => new WireReader(Buffer.of(0x7f, 0xff, 0xff, 0xff)).array(() => 0), {
    code: 'PROTOCOL',
  })
  assert.throws(() => new WireReader(Buffer.alloc(6, 0xff)).unsignedVarint(), { code: 'PROTOCOL' })
})

test('a number that would be rounded is refused', () => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(2n ** 53n)
  assert.throws(() => new WireReader(bytes).int64(), { code: 'UNSUPPORTED_FORMAT' })
})

test('tags of a later version are skipped', () => {
  const reader = new WireReader(Buffer.of(2, 0, 1, 9, 1, 2, 9, 9, 77))
  reader.skipTags()
  assert.equal(reader.int8(), 77)
})

test('topic ids are in the notation of Kafka', () => {
  const id = 'x-_AAAAAAAAAAAAAAAAAAQ'
  assert.equal(new WireReader(uuidBytes(id)).uuid(), id)
  assert.equal(new WireReader(Buffer.alloc(16)).uuid(), null)
  assert.throws(() => uuidBytes('short'), { code: 'INVALID_CONFIGURATION' })
})
