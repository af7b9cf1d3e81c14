import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { CRC_INITIAL, crc32c, crcBytes, crcInt32, crcInt64 } from './crc32c.ts'
import { RecordDecoder } from './record-decoder.ts'
import { createRecordEncoder } from './record-encoder.ts'
import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'
import type { Row } from './row-value.ts'
import {
  batchOf,
  columnsOf,
  expectedRows,
  loadVectors,
  type RecordVector,
} from './vectors.test-support.ts'
import * as wire from './wire.ts'

const vectors = loadVectors()

function encode(vector: RecordVector, rowsPerBatch: number): string {
  const columns = columnsOf(vector.schema)
  const rows = expectedRows(vector)
  const encoder = createRecordEncoder(columns)
  const chunks: Uint8Array[] = []
  for (let i = 0; i < rows.length; i += rowsPerBatch) {
    chunks.push(...encoder.write(batchOf(columns, rows.slice(i, i + rowsPerBatch))))
  }
  assert.equal(encoder.rowCount, rows.length)
  const beforeFooter = encoder.byteCount
  chunks.push(...encoder.finish())
  const body = Buffer.concat(chunks)
  assert.equal(encoder.byteCount, body.length)
  assert.ok(beforeFooter < body.length)
  return body.toString('hex')
}

function decode(vector: RecordVector, hex: string, cutBytes: number): Row[] {
  const decoder = new RecordDecoder(columnsOf(vector.schema))
  const body = Buffer.from(hex, 'hex')
  const rows: Row[] = []
  for (let i = 0; i < body.length; i += cutBytes) {
    rows.push(...decoder.push(body.subarray(i, i + cutBytes)))
  }
  rows.push(...decoder.end())
  assert.equal(decoder.checksum, vector.expectedChecksum)
  return rows
}

describe('record vectors', () => {
  for (const vector of vectors.records) {
    test(`${vector.name} is encoded byte for byte, in one batch and row by row`, () => {
      assert.equal(encode(vector, Number.MAX_SAFE_INTEGER), vector.hex)
      assert.equal(encode(vector, 1), vector.hex)
    })

    test(`${vector.name} is decoded, whole and byte by byte`, () => {
      assert.deepEqual(decode(vector, vector.hex, vector.hex.length), expectedRows(vector))
      assert.deepEqual(decode(vector, vector.hex, 1), expectedRows(vector))
    })

    const { hexPyodpsCExtension } = vector
    if (hexPyodpsCExtension !== undefined) {
      test(`${vector.name} with sign-extended checksums is decoded`, () => {
        assert.deepEqual(decode(vector, hexPyodpsCExtension, 7), expectedRows(vector))
      })
    }
  }

  test('metrics in the footer of a download are skipped', () => {
    const vector = vectors.downloadFooterWithMetrics
    assert.deepEqual(decode(vector, vector.hex, 3), expectedRows(vector))
  })
})

describe('malformed record streams', () => {
  for (const vector of vectors.malformed) {
    test(`${vector.name}: ${vector.expect}`, () => {
      if (vector.expect === 'accept') {
        assert.deepEqual(decode(vector, vector.hex, 5), expectedRows(vector))
        return
      }
      for (const cutBytes of [1, 1000]) {
        assert.throws(() => decode(vector, vector.hex, cutBytes), { code: 'CorruptedResponse' })
      }
    })
  }
})

describe('primitives', () => {
  test('CRC-32C of the vectors, native and by tables', () => {
    for (const { inputHex, crc } of vectors.primitives.crc32c) {
      const input = Buffer.from(inputHex, 'hex')
      assert.equal(crc32c(input), crc)
      assert.equal(~crcBytes(CRC_INITIAL, input) >>> 0, crc)
    }
  })

  test('CRC-32C of words equals that of their bytes', () => {
    const bytes = Buffer.from('f80102fefd7f0080a1b2c3d4', 'hex')
    const byBytes = crcBytes(CRC_INITIAL, bytes)
    const first = crcInt32(CRC_INITIAL, bytes.readInt32LE(0))
    assert.equal(crcInt64(first, bytes.readInt32LE(4), bytes.readInt32LE(8)), byBytes)
    assert.equal(crc32c(bytes.subarray(5), crc32c(bytes.subarray(0, 5))), ~byBytes >>> 0)
  })

  test('zigzag varints of 64 bits are written and read', () => {
    for (const { value, hex } of vectors.primitives.zigzag64Varint) {
      const bits = BigInt.asUintN(64, BigInt(value))
      const writer = new RecordWriter()
      writer.int64(Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)))
      assert.equal(written(writer, hex.length / 2), hex)
      assert.equal(new RecordReader(Buffer.from(hex, 'hex'), 0).zigzag64(), BigInt(value))
    }
  })

  test('tags of the footer and of columns', () => {
    const numbers = wire as unknown as Record<string, number>
    for (const { name, field, hex } of vectors.primitives.tags) {
      assert.equal(numbers[name], field)
      assert.equal(varintHex(field * 8), hex)
    }
    for (const { column, wireType, hex } of vectors.primitives.columnTags) {
      assert.equal(varintHex(column * 8 + wireType), hex)
    }
  })
})

function varintHex(value: number): string {
  const writer = new RecordWriter()
  writer.varint(value)
  return written(writer, writer.byteCount)
}

function written(writer: RecordWriter, byteCount: number): string {
  writer.footer(0)
  return Buffer.concat(writer.takeFinished()).subarray(0, byteCount).toString('hex')
}
