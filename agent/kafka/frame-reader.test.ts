import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { FrameReader } from './frame-reader.ts'

function framed(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

test('answers come out whole however the stream is cut', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 100_000, size: 'max' }), {
    maxLength: 5,
  })
  fc.assert(
    fc.property(bodies, fc.integer({ min: 1, max: 70_000 }), (sent, step) => {
      const got: Buffer[] = []
      const reader = new FrameReader(200_000, (frame) => got.push(Buffer.from(frame)))
      const stream = Buffer.concat(sent.map(framed))
      for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step))
      assert.deepEqual(
        got,
        sent.map((body) => Buffer.from(body)),
      )
    }),
    { numRuns: 50 },
  )
})

test('large answers use two buffers in turn', () => {
  const frames: Buffer[] = []
  const reader = new FrameReader(1 << 20, (frame) => frames.push(frame))
  for (let i = 0; i < 4; i++) reader.push(framed(Buffer.alloc(100_000, i)))
  assert.equal(frames[0]?.buffer, frames[2]?.buffer)
  assert.equal(frames[1]?.buffer, frames[3]?.buffer)
  assert.notEqual(frames[0]?.buffer, frames[1]?.buffer)
})

test('a size above the limit, or below any answer, is refused', () => {
  const reader = () => new FrameReader(1_000, () => assert.fail('no frame is expected'))
  const size = (bytes: number) => {
    const buffer = Buffer.alloc(4)
    buffer.writeInt32BE(bytes)
    return buffer
  }
  assert.throws(() => reader().push(size(1_001)), { code: 'BATCH_TOO_LARGE' })
  assert.throws(() => reader().push(size(-5)), { code: 'PROTOCOL' })
})

test('what is read right into its space gives the same answers, whatever the cuts', () => {
  const sizes = [4, 5, 16_384, 20_000, 70_000, 3_000_000, 40_000, 4, 3_000_001]
  const bodies = sizes.map((bytes, i) => Buffer.alloc(bytes, i + 1))
  const stream = Buffer.concat(bodies.map(framed))
  for (const step of [1_000_000, 65_536, 4097]) {
    let seen = 0
    const reader = new FrameReader(4_000_000, (frame) => {
      assert.ok(frame.equals(bodies[seen++]!), `answer ${seen} with reads of ${step}`)
    })
    for (let at = 0; at < stream.length;) {
      const bytes = stream.copy(reader.space(), 0, at, Math.min(at + step, stream.length))
      assert.ok(bytes > 0)
      reader.filled(bytes)
      at += bytes
    }
    assert.equal(seen, bodies.length)
  }
})
