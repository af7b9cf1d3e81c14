import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { BlockError } from './block-error.ts'
import { crcBytes, crcFinish, CRC_START } from './crc32c.ts'
import { RecordReader } from './record-reader.ts'
import { RecordScanner } from './record-scanner.ts'
import type { StreamColumn } from './record-tags.ts'
import { RecordWriter } from './record-writer.ts'
import type { Value } from './value.ts'
import { batchRows, expectedRows, streamColumns, vectors } from './vectors.test-support.ts'

/** Decodes a body given in pieces of `pieceBytes`. */
function decode(columns: readonly StreamColumn[], hex: string, pieceBytes = Infinity): Value[][] {
  const rows: Value[][] = []
  const reader = new RecordReader(columns, (batch) => rows.push(...batchRows(batch)))
  const body = Buffer.from(hex, 'hex')
  for (let at = 0; at < body.byteLength; at += pieceBytes) {
    reader.push(body.subarray(at, at + pieceBytes))
  }
  reader.end()
  assert.equal(reader.recordCount, rows.length)
  return rows
}

test('the checksum tables give the published values, by loop and by native code', () => {
  for (const { inputHex, crc } of vectors.primitives.crc32c) {
    const input = Buffer.from(inputHex, 'hex')
    assert.equal(crcFinish(crcBytes(CRC_START, input, 0, input.byteLength)), crc)
  }
  const long = Buffer.alloc(1000, 'abc')
  let state = CRC_START
  for (let i = 0; i < 1000; i += 7) state = crcBytes(state, long, i, Math.min(1000, i + 7))
  assert.equal(crcFinish(crcBytes(CRC_START, long, 0, 1000)), crcFinish(state))
})

suite('record bodies of the vectors', () => {
  for (const vector of vectors.records) {
    const columns = streamColumns(vector)
    const rows = expectedRows(vector)
    test(`${vector.name}: whole, byte by byte, and as the C extension writes it`, () => {
      assert.deepEqual(decode(columns, vector.hex), rows)
      assert.deepEqual(decode(columns, vector.hex, 1), rows)
      assert.deepEqual(decode(columns, vector.hexPyodpsCExtension ?? vector.hex, 7), rows)
    })
    test(`${vector.name}: our writer gives the same bytes`, () => {
      const writer = new RecordWriter(columns.map((c) => c.type))
      for (const row of rows) writer.record(row)
      writer.footer()
      assert.equal(writer.take().toString('hex'), vector.hex)
    })
  }
})

suite('malformed record bodies', () => {
  for (const vector of vectors.malformed) {
    test(`${vector.name}: ${vector.expect}ed`, () => {
      const columns = streamColumns(vector)
      for (const pieceBytes of [Infinity, 1, 5]) {
        if (vector.expect === 'accept') {
          assert.deepEqual(decode(columns, vector.hex, pieceBytes), expectedRows(vector))
        } else assert.throws(() => decode(columns, vector.hex, pieceBytes), BlockError)
      }
    })
  }
})

test('a download body with metrics in its footer is read when it is expected', () => {
  const vector = vectors.downloadFooterWithMetrics
  const body = Buffer.from(vector.hex, 'hex')
  const scanner = new RecordScanner(streamColumns(vector), () => {}, { allowsMetrics: true })
  scanner.scan(body, 0, body.byteLength)
  assert.equal(scanner.isFinished, true)
  assert.throws(() => decode(streamColumns(vector), vector.hex), BlockError)
})

test('every cut of a body is refused as incomplete', () => {
  const vector = vectors.records[0]
  assert.ok(vector)
  for (let bytes = 0; bytes < vector.hex.length / 2; bytes += 1) {
    const cut = vector.hex.slice(0, 2 * bytes)
    assert.throws(() => decode(streamColumns(vector), cut), { code: 'IncompleteBody' })
  }
})

test('every flipped bit of a body is refused', () => {
  const vector = vectors.records[0]
  assert.ok(vector)
  const body = Buffer.from(vector.hex, 'hex')
  for (let bit = 0; bit < body.byteLength * 8; bit += 1) {
    const flipped = Buffer.from(body)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    const hex = flipped.toString('hex')
    assert.throws(() => decode(streamColumns(vector), hex), BlockError, `bit ${bit}`)
  }
})

test('a missing value of a NOT NULL column is refused with the record and the column', () => {
  const columns: StreamColumn[] = [{ name: 'id', type: { kind: 'bigint' }, isNullable: false }]
  const writer = new RecordWriter([{ kind: 'bigint' }])
  writer.record([1n])
  writer.record([null])
  writer.footer()
  const hex = writer.take().toString('hex')
  assert.throws(() => decode(columns, hex), /record 2, column id: the column is NOT NULL/)
})

test('a field beyond the limit is refused before its bytes are here', () => {
  const columns: StreamColumn[] = [{ name: 's', type: { kind: 'string' }, isNullable: true }]
  const reader = new RecordReader(columns, () => {})
  assert.throws(() => reader.push(Buffer.from('0a81808004', 'hex')), /8388609 bytes, the limit/)
})

test('an 8 MiB value comes through in 64 KiB pieces', () => {
  const columns: StreamColumn[] = [{ name: 's', type: { kind: 'string' }, isNullable: true }]
  const writer = new RecordWriter([{ kind: 'string' }])
  const value = Buffer.alloc(8 * 1024 * 1024, 'x')
  writer.record([value])
  writer.footer()
  const rows = decode(columns, writer.take().toString('hex'), 64 * 1024)
  assert.deepEqual(rows, [[value]])
})
