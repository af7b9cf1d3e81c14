import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { lz4Compress, lz4Decompress } from '@platformatic/wasm-utils/bundled'
import * as fc from 'fast-check'

import { COMPRESSIBLE } from './compressible.test-support.ts'
import { lz4FrameDecompress } from './lz4.ts'
import { DecompressedTooLarge } from './too-large.ts'

const MIB = 1024 * 1024

const EVENTS = ['click', 'view', 'buy']
const line = (i: number) =>
  `{"id":${i * 7},"event":"${EVENTS[i % 3]}","at":${1_700_000_000_000 + i * 977}}\n`
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i)).join('')

/** Made by the command `lz4` 1.9.4 of the format's author. */
const FRAMES = [
  {
    what: "one block, with the content's checksum (-B4)",
    content: Buffer.from(lines(12)),
    frame:
      'BCJNGGRAp9cAAAD2EXsiaWQiOjAsImV2ZW50IjoiY2xpY2siLCJhdCI6MTcwAQAifQosABY3LABNdmlldysANDk3NysAJjE0LAA8YnV5KwBEMTk1NCsAJjIxKwAPgwACRTI5MzEtABY4LQAPhAABRDM5MDgsACYzNSwAD4QAAEQ0ODg1KwAmNDIrAA+EAAJFNTg2Mi0AFjktAA+EAAFENjgzOSwAJjU2LAAPhAAARDc4MTYrACY2MysAD4QAAkQ4NzkzLQAXN7gBD4QAAUU5NzcwLAAHuAEOhABwMTA3NDd9CgAAAACOMM6n',
  },
  {
    what: "blocks that look back into the one before, with their checksums, the content's and its size (-B4 -BD -BX --content-size)",
    content: Buffer.from(lines(5).repeat(600).slice(0, 70_000)),
    frame:
      'BCJNGFxAcBEBAAAAAADjdQEAAPYReyJpZCI6MCwiZXZlbnQiOiJjbGljayIsImF0IjoxNzABACJ9CiwAFjcsAE12aWV3KwA0OTc3KwAmMTQsADxidXkrAEQxOTU0KwAmMjErAA+DAAJFMjkzMS0AFjgtAA+EAAFEMzkwOCwAD9sA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////wdQNywiZXYHK9Z/IgAAAAL1/w9F/wEPyf///////////////////////09QIjoyMSxnRAzIAAAAABvR0y8=',
  },
  {
    what: 'a block with its checksum alone (-B4 -BX --no-frame-crc)',
    content: Buffer.from(lines(12)),
    frame:
      'BCJNGHBArdcAAAD2EXsiaWQiOjAsImV2ZW50IjoiY2xpY2siLCJhdCI6MTcwAQAifQosABY3LABNdmlldysANDk3NysAJjE0LAA8YnV5KwBEMTk1NCsAJjIxKwAPgwACRTI5MzEtABY4LQAPhAABRDM5MDgsACYzNSwAD4QAAEQ0ODg1KwAmNDIrAA+EAAJFNTg2Mi0AFjktAA+EAAFENjgzOSwAJjU2LAAPhAAARDc4MTYrACY2MysAD4QAAkQ4NzkzLQAXN7gBD4QAAUU5NzcwLAAHuAEOhABwMTA3NDd9CkZQPU4AAAAA',
  },
  {
    what: 'a block that is stored, without a checksum (-B5 --no-frame-crc)',
    content: Buffer.from(Array.from({ length: 120 }, (_, i) => ((i * 2_654_435_761) / 8192) & 255)),
    frame:
      'BCJNGGBAgngAAIAAu3cz76tmIt6aVhHNiUUBvHg08KxnI9+bVxLOikYCvXk18a1oJOCcWBPPi0cDvno28q5pJeGdWRTQjEgEv3s3869qJuKeWhbRjUkFwXw49LBsJ+OfWxfSjkoGwn059bFtKOSgXBjTj0sHw3469rJuKeWhXRnUkEwAAAAA',
  },
]

for (const { what, content, frame } of FRAMES) {
  const bytes = Buffer.from(frame, 'base64')

  describe(`a frame of ${what}`, () => {
    test('is decoded', () => {
      assert.deepEqual(Buffer.from(lz4FrameDecompress(bytes, MIB)), content)
    })

    test('is decoded to exactly the limit, and refused one byte below it', () => {
      assert.equal(lz4FrameDecompress(bytes, content.length).length, content.length)
      assert.throws(() => lz4FrameDecompress(bytes, content.length - 1), DecompressedTooLarge)
    })

    test('is refused when it is cut anywhere, or goes on', () => {
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => lz4FrameDecompress(bytes.subarray(0, length), MIB), Error, `${length}`)
      }
      assert.throws(() => lz4FrameDecompress(Buffer.concat([bytes, Buffer.of(0)]), MIB), /behind/)
    })
  })
}

test('whatever bit of a frame with checksums is turned, nothing else is read', () => {
  for (const { content, frame } of FRAMES.slice(0, 2)) {
    const bytes = Buffer.from(frame, 'base64')
    let refused = 0
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 1; bit < 256; bit *= 2) {
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= bit
        // One match may say the same as another.
        const read = orNull(() => Buffer.from(lz4FrameDecompress(damaged, 2 * content.length)))
        if (read !== null) assert.deepEqual(read, content, `byte ${at}`)
        else refused++
      }
    }
    assert.ok(refused > 7 * bytes.length, `${refused} of ${8 * bytes.length} were refused`)
  }
})

test('whatever bit of a block with its checksum alone is turned, it is refused', () => {
  const bytes = Buffer.from(FRAMES[2]!.frame, 'base64')
  const [blockAt, endMarkAt] = [11, bytes.length - 4]
  for (let at = blockAt; at < endMarkAt; at++) {
    for (let bit = 1; bit < 256; bit *= 2) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= bit
      assert.throws(() => lz4FrameDecompress(damaged, MIB), /block fails its checksum/)
    }
  }
})

test('what a library compresses comes back', () => {
  fc.assert(
    fc.property(COMPRESSIBLE, (content) => {
      const frame = lz4Compress(content)
      assert.deepEqual(Buffer.from(lz4FrameDecompress(frame, MIB)), content)
    }),
    { numRuns: 300 },
  )
})

test('what we read of a damaged frame without checksums is what the library reads of it', () => {
  const content = Buffer.from(lines(40))
  const whole = lz4Compress(content)
  assert.equal(whole[4]! & 0x14, 0, 'the library writes no checksums')
  let read = 0
  for (let at = 7; at < whole.length; at++) {
    for (const bit of [1, 8, 128]) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= bit
      const ours = orNull(() => Buffer.from(lz4FrameDecompress(damaged, 64 * 1024)))
      if (ours === null) continue
      assert.deepEqual(ours, lz4Decompress(damaged), `byte ${at}, bit ${bit}`)
      read++
    }
  }
  assert.ok(read > 100, `${read} were read`)
})

function orNull(decode: () => Buffer): Buffer | null {
  try {
    return decode()
  } catch {
    return null
  }
}

test('a frame that was large leaves nothing behind for small ones', () => {
  const large = Buffer.alloc(40 * MIB, 'large ')
  assert.deepEqual(Buffer.from(lz4FrameDecompress(lz4Compress(large), 64 * MIB)), large)
  const small = Buffer.from('small')
  const content = lz4FrameDecompress(lz4Compress(small), MIB)
  assert.deepEqual(Buffer.from(content), small)
  assert.ok(content.buffer.byteLength < MIB, `${content.buffer.byteLength} bytes are held`)
})

describe('a content size', () => {
  /** Of lines(11), 483 bytes (-B4 --no-frame-crc --content-size). */
  const frame = Buffer.from(
    'BCJNGGhA4wEAAAAAAABDyQAAAPYReyJpZCI6MCwiZXZlbnQiOiJjbGljayIsImF0IjoxNzABACJ9CiwAFjcsAE12aWV3KwA0OTc3KwAmMTQsADxidXkrAEQxOTU0KwAmMjErAA+DAAJFMjkzMS0AFjgtAA+EAAFEMzkwOCwAJjM1LAAPhAAARDQ4ODUrACY0MisAD4QAAkU1ODYyLQAWOS0AD4QAAUQ2ODM5LAAmNTYsAA+EAABENzgxNisAJjYzKwAPhAACRDg3OTMtABc3uAEPhAABYDk3NzB9CgAAAAA=',
    'base64',
  )
  const withHeader = (hex: string) => Buffer.concat([Buffer.from(hex, 'hex'), frame.subarray(15)])

  test('that is right is passed, one of another frame is refused', () => {
    assert.equal(lz4FrameDecompress(frame, MIB).toString(), lines(11))
    const ofTwelve = withHeader('04224d1868400e020000000000007b')
    assert.throws(() => lz4FrameDecompress(ofTwelve, MIB), /483 bytes that claims 526/)
  })

  test('of 0 says nothing', () => {
    const unknown = withHeader('04224d186840000000000000000005')
    assert.equal(lz4FrameDecompress(unknown, MIB).toString(), lines(11))
  })
})

test('a block longer than the frame allows is refused', () => {
  const size = Buffer.alloc(4)
  const bytes = 64 * 1024 + 1
  size.writeUInt32LE(0x8000_0000 + bytes)
  const header = Buffer.from('04224d18604082', 'hex')
  const frame = Buffer.concat([header, size, Buffer.alloc(bytes), Buffer.alloc(4)])
  assert.throws(() => lz4FrameDecompress(frame, MIB), /longer than its frame allows/)
})
