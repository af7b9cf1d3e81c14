import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import * as fc from 'fast-check'

import type { Column, ColumnBatch } from '../../lib/column-batch.ts'
import type { TableColumn } from '../schema.ts'
import { parseType } from '../types.ts'
import { decodeArrow } from './arrow-decoder.ts'
import { arrowObstacle, arrowSupports, createArrowEncoder } from './arrow-encoder.ts'
import type { BlockEncoder } from './block-encoder.ts'
import { RecordDecoder } from './record-decoder.ts'
import { createRecordEncoder } from './record-encoder.ts'
import type { Row, RowValue } from './row-value.ts'
import { batchOf } from './vectors.test-support.ts'

const column = (type: string): TableColumn => ({
  name: `c_${type}`,
  type: parseType(type),
  nullable: true,
  comment: '',
})

const int = (bits: bigint): fc.Arbitrary<number> =>
  fc.bigInt(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n).map(Number)

/** Lengths around every border: native copy, CRC, words of 4 and 8, and a chunk of its own. */
const bytes = fc
  .oneof(
    { weight: 10, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    { weight: 3, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 136 }) },
    { weight: 3, arbitrary: fc.uint8Array({ minLength: 505, maxLength: 520 }) },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 255 }).map((fill) => new Uint8Array(300_000).fill(fill)),
    },
  )
  .map((value) => Buffer.from(value))

const VALUES: readonly (readonly [string, fc.Arbitrary<RowValue>])[] = [
  ['bigint', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ['string', bytes],
  ['int', int(32n)],
  ['smallint', int(16n)],
  ['tinyint', int(8n)],
  ['double', fc.double()],
  ['float', fc.float()],
  ['boolean', fc.boolean()],
  ['datetime', fc.date({ noInvalidDate: true })],
  ['date', fc.integer({ min: -719_162, max: 2_932_896 })],
  [
    'timestamp',
    fc
      .tuple(fc.bigInt(-9_223_372_035n, 9_223_372_035n), fc.integer({ min: 0, max: 999_999_999 }))
      .map(([seconds, nanos]) => ({ seconds, nanos })),
  ],
  ['decimal(38,6)', fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n).map(decimalText)],
]
const COLUMNS = VALUES.map(([type]) => column(type))

function decimalText(unscaled: bigint): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(7, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`
}

const rows = fc.array(
  fc.tuple(...VALUES.map(([, value]) => fc.option(value, { freq: 4 }))) as fc.Arbitrary<Row>,
  { maxLength: 20 },
)

function encode(encoder: BlockEncoder, batches: readonly (readonly Row[])[]): Buffer {
  const chunks = batches.flatMap((batch) => encoder.write(batchOf(COLUMNS, batch)))
  const body = Buffer.concat([...chunks, ...encoder.finish()])
  assert.equal(encoder.byteCount, body.length)
  return body
}

describe('what is encoded is decoded', () => {
  test('as records: any values in any batches', () => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 4 }), (batches) => {
        const body = encode(createRecordEncoder(COLUMNS), batches)
        const decoder = new RecordDecoder(COLUMNS)
        assert.deepEqual([...decoder.push(body), ...decoder.end()], batches.flat())
      }),
      { numRuns: 30 },
    )
  })

  test('as Arrow: any values in any batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 4 }), async (batches) => {
        const body = encode(createArrowEncoder(COLUMNS), batches)
        const decoded: Row[] = []
        async function* once(): AsyncGenerator<Uint8Array> {
          yield body
        }
        for await (const some of decodeArrow(COLUMNS, once())) decoded.push(...some)
        assert.deepEqual(decoded, batches.flat())
      }),
      { numRuns: 30 },
    )
  })
})

describe('values that a type cannot hold', () => {
  const int64 = (value: bigint): Column => ({
    kind: 'int64',
    values: BigInt64Array.of(1n, value),
    nulls: null,
  })
  const ascii = (text: string): Column => ({
    kind: 'bytes',
    data: Buffer.from(text),
    starts: Int32Array.of(0, 0),
    lengths: Int32Array.of(-1, text.length),
  })
  const float: Column = { kind: 'float64', values: Float64Array.of(1, 1e300), nulls: null }

  function write(make: (columns: TableColumn[]) => BlockEncoder, type: string, one: Column): void {
    make([column(type)]).write({ rowCount: 2, columns: [one] })
  }

  for (const make of [
    createRecordEncoder,
    (columns: TableColumn[]) => createArrowEncoder(columns),
  ]) {
    test(`are refused with column and row by ${make([]).encoding}, never cut off`, () => {
      for (const [type, value] of [
        ['tinyint', 128n],
        ['tinyint', -129n],
        ['smallint', 32_768n],
        ['int', 2n ** 31n],
        ['int', 2n ** 32n],
        ['date', -(2n ** 40n)],
      ] as const) {
        assert.throws(() => write(make, type, int64(value)), {
          code: 'InvalidValue',
          message: new RegExp(`Column c_${type} \\(${type.toUpperCase()}\\), row 1 .*out of range`),
        })
      }
      assert.throws(() => write(make, 'float', float), { code: 'InvalidValue' })
    })
  }

  test('decimals are not rounded into Arrow', () => {
    const arrow = (columns: TableColumn[]): BlockEncoder => createArrowEncoder(columns)
    for (const text of ['1.234', '123456789', '1e3', '']) {
      assert.throws(
        () => write(arrow, 'decimal(10,2)', ascii(text)),
        { code: 'InvalidValue' },
        text,
      )
    }
    write(arrow, 'decimal(10,2)', ascii('1.2300'))
  })

  test('timestamps beyond the years of 64-bit nanoseconds are not wrapped around by Arrow', () => {
    const late: Column = {
      kind: 'timestamp',
      seconds: BigInt64Array.of(0n, 9_300_000_000n),
      nanos: Int32Array.of(0, 0),
      nulls: null,
    }
    assert.throws(() => write((c) => createArrowEncoder(c), 'timestamp', late), /1678 to 2261/)
    write(createRecordEncoder, 'timestamp', late)
  })

  test('a NULL may have anything behind it', () => {
    const hidden: Column = {
      kind: 'int64',
      values: BigInt64Array.of(1n, 999n),
      nulls: Uint8Array.of(0, 1),
    }
    write(createRecordEncoder, 'tinyint', hidden)
    write((c) => createArrowEncoder(c), 'tinyint', hidden)
  })

  test('batches that are not of the schema are refused', () => {
    const encoder = createRecordEncoder([column('bigint')])
    const batch = (columns: ColumnBatch['columns']): ColumnBatch => ({ rowCount: 3, columns })
    assert.throws(() => encoder.write(batch([])), /0 columns and the upload session has 1/)
    assert.throws(() => encoder.write(batch([int64(1n)])), /2 values in a batch of 3 rows/)
    assert.throws(() => encoder.write(batch([float])), /kind "int64", not "float64"/)
  })
})

describe('which columns Arrow is for', () => {
  test('flat types, but not those on which clients differ or that lose values', () => {
    assert.equal(
      arrowSupports(['bigint', 'string', 'decimal(38,18)', 'datetime'].map(column)),
      true,
    )
    for (const type of ['timestamp', 'json', 'array<int>', 'interval_day_time', 'decimal(54,18)']) {
      assert.match(arrowObstacle([column('bigint'), column(type)]) ?? '', /^Column c_/)
    }
  })
})

test('chunks that were handed out are not touched again', () => {
  const encoder = createRecordEncoder([column('string')])
  const value = Buffer.alloc(100_000, 'a')
  const handedOut = Array.from({ length: 20 }, () =>
    encoder.write(batchOf([column('string')], [[value]])),
  ).flat()
  const before = handedOut.map((chunk) => Buffer.from(chunk))
  value.fill('b')
  encoder.write(batchOf([column('string')], [[value], [value], [value]]))
  encoder.finish()
  assert.ok(handedOut.length > 3)
  assert.deepEqual(
    handedOut.map((chunk) => Buffer.from(chunk)),
    before,
  )
})
