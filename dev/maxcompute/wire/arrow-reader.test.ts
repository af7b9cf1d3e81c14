import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ArrowFrameReader } from './arrow-frame.ts'
import { ArrowReader } from './arrow-reader.ts'
import { ArrowWriter } from './arrow-writer.ts'
import { BlockError } from './block-error.ts'
import type { StreamColumn } from './record-tags.ts'
import type { Value } from './value.ts'
import { batchRows, expectedRows, streamColumns, vectors } from './vectors.test-support.ts'

function decode(columns: readonly StreamColumn[], body: Buffer, pieceBytes = Infinity): Value[][] {
  const rows: Value[][] = []
  feed(new ArrowReader(columns, (batch) => rows.push(...batchRows(batch))), body, pieceBytes)
  return rows
}

function feed(
  reader: { push(piece: Uint8Array): void; end(): void },
  body: Buffer,
  pieceBytes: number,
): void {
  for (let at = 0; at < body.byteLength; at += pieceBytes) {
    reader.push(body.subarray(at, at + pieceBytes))
  }
  reader.end()
}

/** The rows as columns, as the writer takes them. */
function toColumns(rows: readonly Value[][], count: number): Value[][] {
  return Array.from({ length: count }, (_, i) => rows.map((row) => row[i] ?? null))
}

suite('Arrow bodies of the vectors', () => {
  for (const vector of vectors.arrow) {
    const columns = streamColumns(vector)
    const body = Buffer.from(vector.hex, 'hex')
    const rows = comparable(expectedRows(vector))
    test(`${vector.name}: whole, and in pieces of 1, 3 and 5 bytes`, () => {
      for (const bytes of [Infinity, 1, 3, 5]) {
        assert.deepEqual(comparable(decode(columns, body, bytes)), rows)
      }
    })
    test(`${vector.name}: counted without its bodies`, () => {
      const reader = new ArrowReader(columns, null)
      feed(reader, body, 100)
      assert.equal(reader.recordCount, rows.length)
    })
    test(`${vector.name}: comes back from our writer`, () => {
      const writer = new ArrowWriter(columns)
      writer.write(toColumns(expectedRows(vector), columns.length))
      writer.finish()
      assert.deepEqual(comparable(decode(columns, writer.take())), rows)
    })
  }
})

test('the empty body of PyODPS is an empty block, a body of 0 bytes is not', () => {
  for (const { hex, expect } of vectors.arrowEmpty) {
    const body = Buffer.from(hex, 'hex')
    if (expect === 'accept') assert.deepEqual(decode([], body), [])
    else assert.throws(() => decode([], body), { code: 'IncompleteBody' })
  }
})

test('every cut of an Arrow body is refused', () => {
  const [vector] = vectors.arrow
  assert.ok(vector)
  const body = Buffer.from(vector.hex, 'hex')
  for (let bytes = 0; bytes < body.byteLength; bytes += 1) {
    assert.throws(() => decode(streamColumns(vector), body.subarray(0, bytes)), BlockError)
  }
})

test('every flipped byte of an Arrow frame is found by a checksum', () => {
  const vector = vectors.arrow.find((v) => v.name === 'arrow_small_chunk_64')
  assert.ok(vector)
  const body = Buffer.from(vector.hex, 'hex')
  for (let at = 0; at < body.byteLength; at += 1) {
    const flipped = Buffer.from(body)
    flipped[at] = (flipped[at] as number) ^ 0x10
    const reader = new ArrowFrameReader(() => {})
    assert.throws(() => feed(reader, flipped, Infinity), BlockError, `byte ${at}`)
  }
})

test('a batch with other columns than the session is refused', () => {
  const [vector] = vectors.arrow
  assert.ok(vector)
  const body = Buffer.from(vector.hex, 'hex')
  const [id, name] = streamColumns(vector)
  assert.ok(id && name)
  assert.throws(() => decode([id], body), /more columns or buffers/)
  assert.throws(() => decode([id, name, id], body), /fewer columns/)
  assert.throws(() => decode([id, id], body), /needs|more columns/)
})

/** Bytes as Buffers: views of another kind are not deeply equal. */
function comparable(rows: readonly Value[][]): Value[][] {
  return rows.map((row) => row.map((v) => (v instanceof Uint8Array ? Buffer.from(v) : v)))
}
