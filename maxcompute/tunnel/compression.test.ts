import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as zlib from 'node:zlib'

import { snappyCompress } from '@platformatic/wasm-utils/bundled'

import type { BodyChunks } from '../http.ts'
import { compress, decompress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { loadVectors } from './vectors.test-support.ts'

async function* cut(body: Uint8Array, cutBytes = 7): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < body.length; i += cutBytes) yield body.subarray(i, i + cutBytes)
}

async function* grouped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BodyChunks> {
  for await (const chunk of chunks) yield [chunk.subarray(0, 1), chunk.subarray(1)]
}

async function* oneByOne(groups: AsyncIterable<BodyChunks>): AsyncGenerator<Uint8Array> {
  for await (const chunks of groups) yield* chunks
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

describe('content encodings', () => {
  for (const { contentEncoding, hex, decodedHex } of loadVectors().contentEncodings) {
    test(`${contentEncoding} of the vectors is decoded, and damage is found`, async () => {
      const body = Buffer.from(hex, 'hex')
      assert.equal(
        (await whole(decompress(cut(body), contentEncoding))).toString('hex'),
        decodedHex,
      )
      const short = decompress(cut(body.subarray(0, -12)), contentEncoding)
      await assert.rejects(whole(short), { code: 'CorruptedResponse', retry: 'backoff' })
    })
  }

  test('what is compressed comes back, in any cuts', async () => {
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) >> 5))
    for (const compression of ['none', 'deflate', 'zstd'] as const) {
      const compressed = oneByOne(compress(grouped(cut(body, 999)), compression))
      const encoding = compression === 'none' ? undefined : compression
      assert.deepEqual(await whole(decompress(compressed, encoding)), body)
    }
  })

  test('Snappy blocks that are compressed are decoded and checked', async () => {
    const block = Buffer.from('tunnel '.repeat(100))
    const crc = crc32c(block)
    const head = Buffer.alloc(8)
    const packed = snappyCompress(block)
    head.writeUIntLE(packed.length + 4, 1, 3)
    head.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 4)
    const body = Buffer.concat([head, packed])
    assert.deepEqual(await whole(decompress(cut(body), 'x-snappy-framed')), block)
    body[4]! ^= 1
    const damaged = whole(decompress(cut(body), 'x-snappy-framed'))
    await assert.rejects(damaged, { code: 'CorruptedResponse' })
  })

  test('a source that is cut off stays what it is: a failure of the source', async () => {
    const failure = new Error('gone')
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield zlib.deflateSync('abc').subarray(0, 4)
      await Promise.resolve()
      throw failure
    }
    await assert.rejects(whole(decompress(failing(), 'deflate')), (error) => error === failure)
    await assert.rejects(
      whole(oneByOne(compress(grouped(failing()), 'zstd'))),
      (error) => error === failure,
    )
  })

  test('what we cannot read is refused by name', () => {
    assert.throws(() => decompress(cut(Buffer.alloc(1)), 'br'), { code: 'UnsupportedEncoding' })
  })
})
