import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { snappyCompress, snappyDecompress } from '@platformatic/wasm-utils/bundled'
import * as fc from 'fast-check'

import { COMPRESSIBLE } from './compressible.test-support.ts'
import { snappyStreamDecompress } from './snappy.ts'
import { DecompressedTooLarge } from './too-large.ts'

const MIB = 1024 * 1024
const STREAM_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')

/** As Java's producers frame it. */
function stream(...contents: readonly Buffer[]): Buffer {
  return Buffer.concat([
    STREAM_HEADER,
    ...contents.flatMap((content) => {
      const block = snappyCompress(content)
      const length = Buffer.alloc(4)
      length.writeInt32BE(block.length)
      return [length, block]
    }),
  ])
}

const read = (bytes: Buffer, bytesMax = MIB): Buffer =>
  Buffer.from(snappyStreamDecompress(bytes, bytesMax))

test('what a library compresses comes back, as a block and as a stream of blocks', () => {
  fc.assert(
    fc.property(COMPRESSIBLE, COMPRESSIBLE, (one, other) => {
      assert.deepEqual(read(snappyCompress(one)), one)
      assert.deepEqual(read(stream(one, other, one)), Buffer.concat([one, other, one]))
    }),
    { numRuns: 200 },
  )
})

test('streams that were put one behind the other are one', () => {
  const [one, other] = [Buffer.alloc(300, 'one '), Buffer.alloc(200, 'other ')]
  assert.deepEqual(
    read(Buffer.concat([stream(one), stream(other, one)])),
    Buffer.concat([one, other, one]),
  )
  assert.equal(read(Buffer.concat([STREAM_HEADER, STREAM_HEADER])).length, 0)
})

describe('elements', () => {
  const cases: readonly (readonly [what: string, hex: string, content: string])[] = [
    ['literals whose length stands in one byte', '3df03c' + '61'.repeat(61), 'a'.repeat(61)],
    ['literals whose length stands in four bytes', '03fc02000000616263', 'abc'],
    ['a match with an offset of eleven bits', '09086162630903', 'abcabcabc'],
    ['a match with an offset of sixteen bits', '0808616263120300', 'abcabcab'],
    ['a match with an offset of thirty-two bits', '08086162631303000000', 'abcabcab'],
    ['a match that overlaps itself', '0a00611501', 'a'.repeat(10)],
  ]
  for (const [what, hex, content] of cases) {
    const bytes = Buffer.from(hex, 'hex')
    test(`${what} are decoded as the library does`, () => {
      const theirs = snappyDecompress(bytes)
      assert.equal(theirs.toString(), content)
      assert.equal(read(bytes).toString(), content)
    })
  }
})

test('a match that begins before the block is refused, also behind another block', () => {
  const reachesBack = Buffer.from('06086162630104', 'hex')
  assert.throws(() => read(reachesBack), /damaged/)
  const framed = Buffer.concat([
    stream(Buffer.from('xxxxxxxx')),
    Buffer.of(0, 0, 0, 7),
    reachesBack,
  ])
  assert.throws(() => read(framed), /damaged/)
})

test('a block is refused that is cut anywhere, goes on, or says too little or too much of its length', () => {
  const block = snappyCompress(Buffer.from('{"id":1,"event":"click"}{"id":2,"event":"click"}'))
  for (let length = 0; length < block.length; length++) {
    assert.throws(() => read(block.subarray(0, length)), Error, `cut after ${length}`)
  }
  assert.throws(() => read(Buffer.concat([block, Buffer.of(0, 0x61)])), /damaged/)
  for (const claimed of [block[0]! - 1, block[0]! + 1]) {
    assert.throws(() => read(Buffer.concat([Buffer.of(claimed), block.subarray(1)])), /damaged/)
  }
})

test('what we read of a damaged block is what the library reads of it', () => {
  const block = snappyCompress(Buffer.from('{"id":1,"event":"click","at":17}'.repeat(30)))
  let same = 0
  for (let at = 0; at < block.length; at++) {
    for (let bit = 1; bit < 256; bit *= 2) {
      const damaged = Buffer.from(block)
      damaged[at]! ^= bit
      let ours: Buffer
      try {
        ours = read(damaged)
      } catch {
        continue
      }
      assert.deepEqual(ours, snappyDecompress(damaged), `byte ${at}, bit ${bit}`)
      same++
    }
  }
  assert.ok(same > 50, `${same} were read`)
})

test('the limit is that of the whole stream', () => {
  const content = Buffer.alloc(5_000, 'snappy ')
  const bytes = stream(content, content)
  assert.equal(read(bytes, 10_000).length, 10_000)
  assert.throws(() => read(bytes, 9_999), DecompressedTooLarge)
})

test('a length that the block cannot have is refused before there is memory for it', () => {
  const claimsTwoGiB = Buffer.concat([Buffer.from('ffffffff07', 'hex'), Buffer.alloc(100)])
  assert.throws(() => read(claimsTwoGiB, 4 * 1024 * MIB), /claims 2147483647/)
})
