import assert from 'node:assert/strict'
import { test } from 'node:test'

import { crc32c } from '@node-rs/crc32'
import { snappyCompress } from '@platformatic/wasm-utils/bundled'
import * as fc from 'fast-check'

import { BatchDecoder } from './batch-decoder.ts'
import { collectRecords, type PlainRecord } from './collect-records.ts'
import { KafkaError } from './errors.ts'
import { newReadProgress } from './read-progress.ts'
import { CODECS, encodeControlBatch, encodeRecordBatch } from './record-batch-writer.ts'
import { completeBatches } from './record-batch.ts'
import type { AbortedTransaction } from './requests/fetch.ts'

const MIB = 1024 * 1024

function decoderOf(
  startOffset: number,
  endOffset: number,
  batchBytesMax = 64 * MIB,
  epoch: number | null = null,
) {
  const progress = newReadProgress()
  const range = { topic: 't', topicPartition: 3, startOffset, endOffset }
  const decoder = new BatchDecoder(range, { batchBytesMax, leaderEpochMax: epoch }, progress)
  const decode = (bytes: Buffer, aborted: readonly AbortedTransaction[] | null = null) => {
    const records: PlainRecord[] = []
    for (const spans of decoder.decode(bytes, aborted)) records.push(...collectRecords(spans))
    return records
  }
  return { decoder, decode, progress }
}

const text = (value: string) => Buffer.from(value)
const values = (records: readonly PlainRecord[]) => records.map((one) => one.value?.toString())
const offsets = (records: readonly PlainRecord[]) => records.map((one) => one.offset)

function batch(baseOffset: number, ...contents: string[]): Buffer {
  return encodeRecordBatch({ baseOffset, records: contents.map((one) => ({ value: text(one) })) })
}

function codeOf(work: () => unknown): KafkaError {
  try {
    work()
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const record = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 200 })),
  value: fc.option(fc.uint8Array({ maxLength: 20_000 })),
  timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.array(
    fc.tuple(fc.string({ maxLength: 70 }), fc.option(fc.uint8Array({ maxLength: 70 }))),
    { maxLength: 3 },
  ),
})

test('every record comes out as it went in, with every codec', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 80 }),
      fc.constantFrom(...CODECS),
      fc.nat({ max: 2 ** 52 }),
      (records, codec, baseOffset) => {
        const { decode, decoder } = decoderOf(0, 2 ** 53 - 1)
        const bytes = encodeRecordBatch({ records, codec, baseOffset })
        const got = decode(bytes)
        assert.equal(got.length, records.length)
        for (const [i, one] of got.entries()) {
          const sent = records[i]
          assert.equal(one.offset, baseOffset + i)
          assert.equal(one.timestampMs, sent?.timestampMs)
          assert.deepEqual(one.key, sent?.key ? Buffer.from(sent.key) : null)
          assert.deepEqual(one.value, sent?.value ? Buffer.from(sent.value) : null)
          const headers = (sent?.headers ?? []).map(([key, value]) => [
            Buffer.from(key).toString(),
            value === null ? null : Buffer.from(value),
          ])
          assert.deepEqual(one.headers, headers)
        }
        assert.equal(decoder.position, baseOffset + records.length)
      },
    ),
    { numRuns: 150 },
  )
})

test('records outside the range are dropped and the position ends at its end', () => {
  const { decode, decoder, progress } = decoderOf(2, 5)
  const bytes = Buffer.concat([batch(0, 'a', 'b', 'c', 'd'), batch(4, 'e', 'f', 'g')])
  assert.deepEqual(values(decode(bytes)), ['c', 'd', 'e'])
  assert.equal(decoder.position, 5)
  assert.equal(progress.records, 3)
  assert.equal(progress.compactedOffsets, 0)
})

test('the position follows lastOffsetDelta over compacted offsets, which are counted', () => {
  const { decode, decoder, progress } = decoderOf(0, 100)
  const sparse = encodeRecordBatch({
    records: [
      { value: text('a'), offsetDelta: 2 },
      { value: text('b'), offsetDelta: 5 },
    ],
    lastOffsetDelta: 9,
  })
  const empty = encodeRecordBatch({ records: [], baseOffset: 10, lastOffsetDelta: 4 })
  assert.deepEqual(offsets(decode(Buffer.concat([sparse, empty]))), [2, 5])
  assert.equal(decoder.position, 15)
  assert.equal(progress.compactedOffsets, 13)
})

test('a first batch beyond the end proves that the rest of the range is gone', () => {
  const { decode, decoder, progress } = decoderOf(10, 20)
  assert.deepEqual(decode(batch(25, 'later')), [])
  assert.equal(decoder.position, 20)
  assert.equal(progress.compactedOffsets, 10)
})

test('a batch cut off at the end is left for the next answer', () => {
  const bytes = Buffer.concat([batch(0, 'a'), batch(1, 'b').subarray(0, 40)])
  const whole = completeBatches(bytes)
  assert.deepEqual(whole, { bytes: bytes.length - 40, nextOffset: 1, firstBatchBytes: 0 })
})

test('the size of a first batch that is cut off is told', () => {
  const bytes = batch(0, 'x'.repeat(1000))
  assert.equal(completeBatches(bytes.subarray(0, 100)).firstBatchBytes, bytes.length)
})

for (const magic of [0, 1]) {
  test(`message format ${magic} is refused by name`, () => {
    const bytes = batch(7, 'a')
    bytes.writeInt8(magic, 16)
    const error = codeOf(() => completeBatches(bytes))
    assert.equal(error.code, 'UNSUPPORTED_FORMAT')
    assert.match(error.message, new RegExp(`message format ${magic}`))
    assert.equal(error.where.offset, 7)
  })
}

test('one flipped bit fails the batch after everything before it was handed out', () => {
  const { decoder } = decoderOf(0, 10)
  const bad = batch(2, 'cc')
  bad.writeUInt8(bad.readUInt8(bad.length - 3) ^ 1, bad.length - 3)
  const seen: PlainRecord[] = []
  const error = codeOf(() => {
    for (const spans of decoder.decode(Buffer.concat([batch(0, 'a', 'b'), bad]), null)) {
      seen.push(...collectRecords(spans))
    }
  })
  assert.deepEqual(values(seen), ['a', 'b'])
  assert.equal(error.code, 'CORRUPT_BATCH')
  assert.equal(error.retryable, true)
  assert.deepEqual(error.where, { topic: 't', topicPartition: 3, offset: 2 })
  assert.equal(decoder.position, 2)
})

/** Changes bytes of the records and makes the checksum right again. */
function damaged(bytes: Buffer, change: (body: Buffer) => void): Buffer {
  change(bytes.subarray(61))
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

test('lengths that do not fit are a corrupt batch, and reading it again is no cure', () => {
  const cases: ((body: Buffer) => void)[] = [
    (body) => body.writeUInt8(2, 0), // record shorter than its parts
    (body) => body.writeUInt8(120, 0), // longer than the batch
    (body) => body.writeUInt8(40, 3), // offset delta above the last one
    (body) => body.writeUInt8(100, 4), // key beyond the record
    (body) => body.writeUInt8(3, 4), // key length -2
    (body) => body.writeUInt8(100, 5), // value beyond the record
    (body) => body.writeUInt8(0xff, body.length - 1), // header count without an end
    (body) => body.writeUInt8(80, body.length - 1), // more headers than bytes
  ]
  for (const [i, change] of cases.entries()) {
    const { decode } = decoderOf(0, 10)
    const error = codeOf(() => decode(damaged(batch(0, 'value'), change)))
    assert.equal(error.code, 'CORRUPT_BATCH', `case ${i}`)
    assert.equal(error.retryable, false, `case ${i}`)
  }
})

test('a record count that the bytes cannot hold is refused before anything is read', () => {
  const bytes = batch(0, 'a')
  bytes.writeInt32BE(2 ** 30, 57)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  const error = codeOf(() => decoderOf(0, 10).decode(bytes))
  assert.match(error.message, /claims 1073741824 records/)
})

test('bytes behind the last record are a corrupt batch', () => {
  const two = batch(0, 'a', 'b')
  two.writeInt32BE(1, 57)
  two.writeUInt32BE(crc32c(two.subarray(21)), 17)
  assert.equal(codeOf(() => decoderOf(0, 10).decode(two)).code, 'CORRUPT_BATCH')
})

for (const codec of CODECS.slice(1)) {
  test(`a ${codec} batch that decompresses above the limit is refused`, () => {
    const records = [{ value: Buffer.alloc(8 * MIB) }]
    const bytes = encodeRecordBatch({ records, codec })
    const error = codeOf(() => decoderOf(0, 10, MIB).decode(bytes))
    assert.equal(error.code, 'BATCH_TOO_LARGE')
    assert.match(error.message, /1048576 bytes/)
    assert.equal(decoderOf(0, 10, 9 * MIB).decode(bytes).length, 1)
  })

  test(`${codec} bytes that do not decompress are a corrupt batch`, () => {
    const bytes = encodeRecordBatch({ records: [{ value: Buffer.alloc(5_000, 'abc') }], codec })
    const error = codeOf(() => decoderOf(0, 10).decode(damaged(bytes, (body) => body.fill(0x99))))
    assert.equal(error.code, 'CORRUPT_BATCH')
  })
}

test('an lz4 frame of many small blocks passes although its blocks could hold more than the limit', () => {
  // 200 records of 5 kB of noise: stored blocks of the frame count with their true size.
  const noise = Array.from({ length: 200 }, (_, i) =>
    Buffer.alloc(5_000).map((__, j) => (i * 31 + j * j) & 255),
  )
  const bytes = encodeRecordBatch({ records: noise.map((value) => ({ value })), codec: 'lz4' })
  assert.equal(decoderOf(0, 1_000, 1_010_000).decode(bytes).length, 200)
})

test("snappy in the framing of Java's producers is read, also in several blocks", () => {
  const records = [{ value: text('one') }, { value: Buffer.alloc(50_000, 'xyz') }]
  const plain = encodeRecordBatch({ records })
  const body = plain.subarray(61)
  const header = Buffer.concat([
    Buffer.from('82534e4150505900', 'hex'),
    Buffer.from('0000000100000001', 'hex'),
  ])
  const framed = (part: Buffer) => {
    const block = snappyCompress(part)
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    return Buffer.concat([length, block])
  }
  const stream = Buffer.concat([
    header,
    framed(body.subarray(0, 32_768)),
    framed(body.subarray(32_768)),
  ])
  const bytes = Buffer.concat([plain.subarray(0, 61), stream])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(2, 21)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  assert.deepEqual(
    decoderOf(0, 10)
      .decode(bytes)
      .map((one) => one.value?.length),
    [3, 50_000],
  )
})

test('an unknown codec is refused by its number', () => {
  const bytes = batch(0, 'a')
  bytes.writeInt16BE(5, 21)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  assert.match(codeOf(() => decoderOf(0, 10).decode(bytes)).message, /unknown codec 5/)
})

test('LogAppendTime gives every record the time of the batch', () => {
  const records = [
    { value: text('a'), timestampMs: 5 },
    { value: text('b'), timestampMs: 6 },
  ]
  const got = decoderOf(0, 10).decode(encodeRecordBatch({ records, logAppendTimeMs: 99 }))
  assert.deepEqual(
    got.map((one) => one.timestampMs),
    [99, 99],
  )
})

test('times far apart are exact, and one beyond 2^53 is refused, not rounded', () => {
  const far = [
    { value: text('a'), timestampMs: 2 ** 51 + 1 },
    { value: text('b'), timestampMs: 0 },
    { value: text('c'), timestampMs: 2 ** 51 + 3 },
  ]
  const got = decoderOf(0, 10).decode(encodeRecordBatch({ records: far }))
  assert.deepEqual(
    got.map((one) => one.timestampMs),
    far.map((one) => one.timestampMs),
  )
  const beyond = batch(0, 'a')
  beyond.writeBigInt64BE(2n ** 60n, 27)
  beyond.writeUInt32BE(crc32c(beyond.subarray(21)), 17)
  assert.equal(codeOf(() => decoderOf(0, 10).decode(beyond)).code, 'UNSUPPORTED_FORMAT')
})

test('a batch of a later leader epoch than the pinned one is a truncated log', () => {
  const bytes = (epoch: number) =>
    encodeRecordBatch({ records: [{ value: text('a') }], partitionLeaderEpoch: epoch })
  assert.equal(decoderOf(0, 10, MIB, 4).decode(bytes(4)).length, 1)
  const error = codeOf(() => decoderOf(0, 10, MIB, 4).decode(bytes(5)))
  assert.equal(error.code, 'LOG_TRUNCATED')
  assert.equal(error.retryable, false)
})

test('more records than one span buffer holds come out whole, across compressed batches', () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ value: text(`v${from + i}`) }))
  const bytes = Buffer.concat([
    encodeRecordBatch({ records: many(0, 40_000), codec: 'lz4' }),
    encodeRecordBatch({ records: many(40_000, 30_000), codec: 'zstd', baseOffset: 40_000 }),
    encodeRecordBatch({ records: many(70_000, 1_000), baseOffset: 70_000 }),
    encodeRecordBatch({ records: many(71_000, 1_000), codec: 'gzip', baseOffset: 71_000 }),
  ])
  const got = values(decoderOf(0, 1e9).decode(bytes))
  assert.equal(got.length, 72_000)
  assert.ok(got.every((value, i) => value === `v${i}`))
})

for (const codec of CODECS) {
  test(`two decoders that take turns do not disturb each other (${codec})`, () => {
    const batches = (letter: string): Buffer => {
      const small = (i: number) => Array.from({ length: 600 }, () => letter.repeat(500 + i))
      const large = Array.from({ length: 40_000 }, (_, i) => letter.repeat(30 + (i % 20)))
      let baseOffset = 0
      const all = [large, small(1), small(2), small(3), large, small(4)].map((contents) => {
        const records = contents.map((content) => ({ value: text(content) }))
        const bytes = encodeRecordBatch({ baseOffset, codec, records })
        baseOffset += records.length
        return bytes
      })
      return Buffer.concat(all)
    }
    const readers = ['A', 'B'].map((letter) => {
      const { decoder } = decoderOf(0, 1e9)
      const code = letter.charCodeAt(0)
      return { code, spans: decoder.decode(batches(letter), null), read: 0 }
    })
    for (let left = readers.length; left > 0;) {
      left = 0
      for (const reader of readers) {
        const next = reader.spans.next()
        if (next.done === true) continue
        left++
        const found = collectRecords(next.value)
        reader.read += found.length
        for (const { value } of found) {
          const ends = `${value?.at(0)} ${value?.at(-1)}`
          assert.equal(ends, `${reader.code} ${reader.code}`)
        }
      }
    }
    assert.deepEqual(
      readers.map(({ read }) => read),
      [82_400, 82_400],
    )
  })
}

test('a decompressed batch larger than the arena stands among small ones', () => {
  const bytes = Buffer.concat([
    encodeRecordBatch({ records: [{ value: text('small') }], codec: 'zstd' }),
    encodeRecordBatch({
      records: [{ value: Buffer.alloc(3 * MIB, 'L') }],
      codec: 'zstd',
      baseOffset: 1,
    }),
    encodeRecordBatch({ records: [{ value: text('tail') }], codec: 'zstd', baseOffset: 2 }),
  ])
  const got = decoderOf(0, 10).decode(bytes)
  assert.deepEqual(
    got.map((one) => one.value?.length),
    [5, 3 * MIB, 4],
  )
})

function transactional(baseOffset: number, producerId: number, ...contents: string[]): Buffer {
  const records = contents.map((one) => ({ value: text(one), key: Buffer.alloc(4) }))
  return encodeRecordBatch({ baseOffset, producerId, transactional: true, records })
}

/** Two producers interleave; 1 aborts, commits, aborts again; 2 began before the answer and aborts. */
function interleaved(): { bytes: Buffer; aborted: AbortedTransaction[] } {
  const bytes = Buffer.concat([
    transactional(10, 2, 'x2'),
    transactional(11, 1, 'x1'),
    batch(12, 'plain'),
    encodeControlBatch(13, 1, 'abort'),
    transactional(14, 1, 'c1'),
    transactional(15, 2, 'x2'),
    encodeControlBatch(16, 1, 'commit'),
    encodeControlBatch(17, 2, 'abort'),
    transactional(18, 2, 'c2'),
    encodeControlBatch(19, 2, 'commit'),
    transactional(20, 1, 'x1'),
  ])
  const aborted = [
    { producerId: 1, firstOffset: 20 },
    { producerId: 2, firstOffset: 3 },
    { producerId: 1, firstOffset: 11 },
  ]
  return { bytes, aborted }
}

test('read_committed drops exactly the aborted batches of each producer, and all markers', () => {
  const { bytes, aborted } = interleaved()
  const { decode, decoder, progress } = decoderOf(10, 100)
  assert.deepEqual(values(decode(bytes, aborted)), ['plain', 'c1', 'c2'])
  assert.equal(decoder.position, 21)
  assert.equal(progress.abortedBatches, 4)
  assert.equal(progress.compactedOffsets, 0)
})

test('read_uncommitted hands out aborted records, and no marker', () => {
  const { bytes } = interleaved()
  assert.equal(decoderOf(10, 100).decode(bytes, null).length, 7)
})

test('an abort marker that compaction emptied is passed over', () => {
  const marker = encodeRecordBatch({
    records: [],
    baseOffset: 1,
    producerId: 1,
    transactional: true,
    control: true,
  })
  const { decode, decoder } = decoderOf(0, 10)
  assert.deepEqual(values(decode(Buffer.concat([batch(0, 'a'), marker, batch(2, 'b')]), [])), [
    'a',
    'b',
  ])
  assert.equal(decoder.position, 3)
})
