import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { decodeArrow } from './arrow-decoder.ts'
import { arrowSupports, createArrowEncoder } from './arrow-encoder.ts'
import { ArrowDeframer, ArrowFramer } from './arrow-framing.ts'
import type { Row } from './row-value.ts'
import {
  type ArrowVector,
  batchOf,
  columnsOf,
  expectedRows,
  loadVectors,
} from './vectors.test-support.ts'

const vectors = loadVectors()

async function* cut(body: Buffer, cutBytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < body.length; i += cutBytes) yield body.subarray(i, i + cutBytes)
}

async function decode(vector: ArrowVector, body: Buffer, cutBytes: number): Promise<Row[][]> {
  const batches: Row[][] = []
  for await (const rows of decodeArrow(columnsOf(vector.schema), cut(body, cutBytes))) {
    batches.push(rows)
  }
  return batches
}

function payloadOf(vector: ArrowVector, cutBytes: number): Buffer {
  const deframer = new ArrowDeframer()
  const body = Buffer.from(vector.hex, 'hex')
  const pieces: Uint8Array[] = []
  for (let i = 0; i < body.length; i += cutBytes) {
    pieces.push(...deframer.push(body.subarray(i, i + cutBytes)))
  }
  return Buffer.concat([...pieces, ...deframer.end()])
}

function batches(vector: ArrowVector): Row[][] {
  const rows = expectedRows(vector)
  return vector.batches.map((count) => rows.splice(0, count))
}

describe('arrow vectors', () => {
  for (const vector of vectors.arrow) {
    test(`${vector.name}: the frame is taken off and put on byte for byte`, () => {
      const payload = payloadOf(vector, 1 << 20)
      assert.equal(payload.length, vector.payloadLength)
      assert.deepEqual(payloadOf(vector, 13), payload)
      const framer = new ArrowFramer(vector.chunkSize)
      const half = payload.length >> 1
      const framed = [
        ...framer.write(payload.subarray(0, half)),
        ...framer.write(payload.subarray(half)),
        ...framer.finish(),
      ]
      assert.equal(Buffer.concat(framed).toString('hex'), vector.hex)
    })

    test(`${vector.name}: the batches are decoded`, async () => {
      const body = Buffer.from(vector.hex, 'hex')
      assert.deepEqual(await decode(vector, body, 1 << 20), batches(vector))
      assert.deepEqual(await decode(vector, body, 101), batches(vector))
    })

    const nested = vector.name === 'arrow_nested' || vector.name === 'arrow_interval_day_time'
    if (nested) {
      test(`${vector.name}: is left to the record encoding`, () => {
        assert.equal(arrowSupports(columnsOf(vector.schema)), false)
        assert.throws(() => createArrowEncoder(columnsOf(vector.schema)), {
          code: 'UnsupportedType',
        })
      })
    } else {
      test(`${vector.name}: our encoding decodes to the same batches`, async () => {
        const columns = columnsOf(vector.schema)
        const encoder = createArrowEncoder(columns, vector.chunkSize)
        const chunks = batches(vector).flatMap((rows) => encoder.write(batchOf(columns, rows)))
        chunks.push(...encoder.finish())
        const body = Buffer.concat(chunks)
        assert.equal(encoder.byteCount, body.length)
        assert.deepEqual(await decode(vector, body, 4096), batches(vector))
      })
    }
  }

  test('four zero bytes are an empty stream, no bytes at all are not', () => {
    for (const { hex, expect } of vectors.arrowEmpty) {
      const deframer = new ArrowDeframer()
      deframer.push(Buffer.from(hex, 'hex'))
      if (expect === 'accept') assert.deepEqual(deframer.end(), [])
      else assert.throws(() => deframer.end(), { code: 'CorruptedResponse' })
    }
  })

  test('an encoder without rows sends the empty stream', () => {
    const encoder = createArrowEncoder(columnsOf([{ name: 'a', type: 'bigint' }]))
    assert.deepEqual(encoder.write({ rowCount: 0, columns: [null] }), [])
    assert.equal(Buffer.concat(encoder.finish()).toString('hex'), '00000000')
  })

  test('every damaged byte of a framed stream is found', () => {
    const vector = vectors.arrow.find(({ name }) => name === 'arrow_small_chunk_64')
    assert.ok(vector)
    const body = Buffer.from(vector.hex, 'hex')
    for (let i = 0; i < body.length; i++) {
      const damaged = Buffer.from(body)
      damaged[i]! ^= 0x10
      const deframer = new ArrowDeframer()
      assert.throws(
        () => {
          deframer.push(damaged)
          deframer.end()
        },
        { code: 'CorruptedResponse' },
        `byte ${i}`,
      )
    }
  })
})
