import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as fc from 'fast-check'

import { createConverter } from './converter.ts'
import {
  DIRTY_BYTES_KEPT_MAX,
  DIRTY_RAW_BYTES_MAX,
  DIRTY_RECORDS_KEPT_MAX,
} from './dirty-records.ts'
import { WINDOW_ROWS_MAX } from './row-window.ts'
import {
  convertAll,
  jsonPath,
  KEY,
  mappingOf,
  OFFSET,
  rowsOf,
  spansOf,
  type TestRecord,
  VALUE,
} from './spans.test-support.ts'

describe('the fast path', () => {
  it('passes value and key on as spans of the fetched bytes, without a copy', () => {
    const spans = spansOf([{ key: 'k', value: 'v1' }, { value: 'v2' }])
    const [batch] = createConverter(
      mappingOf([
        [VALUE, 'string'],
        [KEY, 'binary'],
      ]),
    ).convert(spans)
    const [value, key] = batch!.columns
    assert.ok(value?.kind === 'bytes' && value.data === spans.data)
    assert.ok(key?.kind === 'bytes' && key.data === spans.data)
    assert.deepEqual(rowsOf(batch!), [
      ['v1', 'k'],
      ['v2', null],
    ])
  })

  it('keeps bytes of a STRING that are not UTF-8', () => {
    const { rows } = convertAll(mappingOf([[VALUE, 'string']]), [
      { value: Uint8Array.from([0xff, 0x00, 0xc3]) },
    ])
    assert.deepEqual(rows, [['\xff\x00\xc3']])
  })

  it('writes offset, partition and timestamp as exact integers, and no timestamp as NULL', () => {
    const attribute = (name: 'offset' | 'partition' | 'timestamp') =>
      ({ kind: 'attribute', attribute: name }) as const
    const mapping = mappingOf([
      [attribute('offset'), 'bigint'],
      [attribute('partition'), 'int'],
      [attribute('timestamp'), 'bigint'],
      [attribute('timestamp'), 'datetime'],
    ])
    const offset = 2 ** 53 - 1
    const { rows } = convertAll(mapping, [
      { value: '', offset, timestampMs: 1_700_000_000_123 },
      { value: '', offset: 5_000_000_000 },
    ])
    assert.deepEqual(rows, [
      [BigInt(offset), 0n, 1_700_000_000_123n, 1_700_000_000_123n],
      [5_000_000_000n, 0n, null, null],
    ])
  })

  it('gives every record exactly once, in order, whatever the size of the spans', () => {
    const count = WINDOW_ROWS_MAX * 2 + 17
    const records = Array.from({ length: count }, (_, i) => ({ value: `v${i}` }))
    const converter = createConverter(
      mappingOf([
        [OFFSET, 'bigint'],
        [VALUE, 'string'],
      ]),
    )
    let next = 0
    for (const batch of converter.convert(spansOf(records))) {
      assert.ok(batch.rowCount <= WINDOW_ROWS_MAX)
      for (const row of rowsOf(batch)) assert.deepEqual(row, [BigInt(next), `v${next++}`])
    }
    assert.equal(next, count)
    assert.equal(converter.recordsRead, count)
  })

  it('leaves columns that the job does not write NULL', () => {
    const mapping = mappingOf([
      [VALUE, 'string'],
      [VALUE, 'bigint'],
    ])
    const [batch] = createConverter({ ...mapping, columns: [mapping.columns[0]!] }).convert(
      spansOf([{ value: 'x' }]),
    )
    assert.deepEqual(batch!.columns[1], null)
  })
})

describe('dirty records', () => {
  const mapping = mappingOf([
    [OFFSET, 'bigint'],
    [VALUE, 'int'],
    [KEY, 'string'],
    [VALUE, 'string'],
    [VALUE, 'double'],
  ])

  it('leave all columns together, and the others stay as they were', () => {
    const { rows, dirty } = convertAll(mapping, [
      { key: 'a', value: '1' },
      { key: 'b', value: 'junk' },
      { key: null, value: '3' },
      { key: 'd', value: '99999999999' },
      { key: 'e', value: null },
    ])
    assert.deepEqual(rows, [
      [0n, 1n, 'a', '1', 1],
      [2n, 3n, null, '3', 3],
      [4n, null, 'e', null, null],
    ])
    assert.deepEqual(
      dirty.map(({ offset, column, reason, rawValue }) => ({
        offset,
        column,
        reason,
        raw: Buffer.from(rawValue).toString(),
      })),
      [
        { offset: 1, column: 'c1', reason: 'the text is not a number', raw: 'junk' },
        {
          offset: 3,
          column: 'c1',
          reason: 'the number is out of range for INT',
          raw: '99999999999',
        },
      ],
    )
  })

  it('of a key column show the key', () => {
    const { dirty } = convertAll(mappingOf([[KEY, 'bigint']]), [{ key: 'k?', value: 'v' }])
    assert.equal(Buffer.from(dirty[0]!.rawValue).toString(), 'k?')
  })

  it('are all counted, and kept up to the limits of number, bytes and raw value', () => {
    const many = convertAll(
      mappingOf([[VALUE, 'bigint']]),
      Array.from({ length: DIRTY_RECORDS_KEPT_MAX + 5 }, () => ({ value: 'x' })),
    )
    assert.equal(many.dirtyCount, DIRTY_RECORDS_KEPT_MAX + 5)
    assert.equal(many.dirty.length, DIRTY_RECORDS_KEPT_MAX)
    const large = convertAll(
      mappingOf([[VALUE, 'bigint']]),
      Array.from({ length: 400 }, () => ({ value: 'x'.repeat(DIRTY_RAW_BYTES_MAX + 1) })),
    )
    assert.equal(large.dirtyCount, 400)
    assert.ok(large.dirty.length * DIRTY_RAW_BYTES_MAX <= DIRTY_BYTES_KEPT_MAX)
    assert.ok(large.dirty.every((r) => r.rawCut && r.rawValue.length === DIRTY_RAW_BYTES_MAX))
  })

  it('come of NULL for a NOT NULL column, also by emptyAsNull', () => {
    const mapping = mappingOf([[VALUE, 'string!']], { emptyAsNull: true })
    const { rows, dirty } = convertAll(mapping, [{ value: 'a' }, { value: '' }, { value: null }])
    assert.deepEqual(rows, [['a']])
    assert.deepEqual(
      dirty.map((r) => r.reason),
      ['NULL for a NOT NULL column', 'NULL for a NOT NULL column'],
    )
  })

  it('never change what the other records become (property)', () => {
    const cell = fc.oneof(
      fc.integer().map(String),
      fc.constantFrom('x', '', '1.5', '-7', '9'.repeat(30), '{}', 'true', '2024-02-30'),
      fc.string({ maxLength: 6 }),
    )
    const record: fc.Arbitrary<TestRecord> = fc.record({
      key: fc.option(cell),
      value: fc.option(cell),
    })
    const mapping = mappingOf([
      [VALUE, 'string'],
      [KEY, 'varchar(3)'],
      [VALUE, 'bigint'],
      [{ kind: 'constant', text: 'c' }, 'string'],
      [KEY, 'decimal(20,2)!'],
    ])
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const all = convertAll(mapping, records)
        const alone = records.flatMap((r) => convertAll(mapping, [r]).rows)
        assert.deepEqual(all.rows, alone)
        assert.equal(all.rows.length + all.dirtyCount, records.length)
      }),
    )
  })
})

describe('JSON columns', () => {
  const one = (value: string, type: string, ...keys: string[]) =>
    convertAll(mappingOf([[jsonPath(...keys), type]]), [{ value }])

  it('keep every digit of numbers beyond 2^53', () => {
    const { rows } = one('{"id": 9007199254740993}', 'bigint', 'id')
    assert.deepEqual(rows, [[9007199254740993n]])
    assert.deepEqual(one('{"p":12345678901234567890.12345678}', 'decimal(38,8)', 'p').rows, [
      ['12345678901234567890.12345678'],
    ])
    assert.deepEqual(one('{"p":1.10}', 'string', 'p').rows, [['1.10']])
  })

  it('take nested values by path, a missing key as NULL, objects and arrays as their text', () => {
    const value = '{"tag": {"desc": "d", "n": [1, {"x":null}]}, "z": null}'
    assert.deepEqual(one(value, 'string', 'tag', 'desc').rows, [['d']])
    assert.deepEqual(one(value, 'string', 'tag', 'n').rows, [['[1, {"x":null}]']])
    assert.deepEqual(one(value, 'string', 'tag', 'none').rows, [[null]])
    assert.deepEqual(one(value, 'string', 'z').rows, [[null]])
    assert.deepEqual(one(value, 'string', 'tag', 'desc', 'deeper').rows, [[null]])
  })

  it('unescape strings, and mix escaped and plain ones in a column', () => {
    const { rows } = convertAll(mappingOf([[jsonPath('s'), 'string']]), [
      { value: '{"s":"plain"}' },
      { value: String.raw`{"s":"a\"b\\\n\u00e9\ud83d\ude00"}` },
      { value: '{"s":"again"}' },
    ])
    const text = Buffer.from('a"b\\\né😀').toString('latin1')
    assert.deepEqual(rows, [['plain'], [text], ['again']])
  })

  it('make a value that is not a JSON object a dirty record, and a tombstone all NULL', () => {
    const values = ['not json', '{"a":1', '[1]', '7', '{"a":1} x', '']
    const { rows, dirty } = convertAll(
      mappingOf([[jsonPath('a'), 'bigint']]),
      [...values, null].map((value) => ({ value })),
    )
    assert.deepEqual(rows, [[null]])
    assert.equal(dirty.length, values.length)
    assert.match(dirty[0]!.reason, /not JSON: unexpected character at byte 0/)
    assert.match(dirty[2]!.reason, /not an object/)
  })

  it('keep a JSON string with its quotes in a column of type JSON', () => {
    assert.deepEqual(one('{"a":"x\\n"}', 'json', 'a').rows, [['"x\\n"']])
    assert.deepEqual(one('{"a":{"b":1.0}}', 'json', 'a').rows, [['{"b":1.0}']])
  })
})

describe('other sources', () => {
  it('split delimited values, and a missing field is NULL', () => {
    const field = (index: number) => ({ kind: 'field', index }) as const
    const columns = [
      [field(2), 'string'],
      [field(0), 'bigint'],
      [field(2), 'string'],
    ] as const
    const mapping = mappingOf(columns, { fieldDelimiter: '||' })
    const { rows } = convertAll(mapping, [
      { value: '1||b||c|d||e' },
      { value: '2||b' },
      { value: '3||||' },
      { value: null },
    ])
    assert.deepEqual(rows, [
      ['c|d', 1n, 'c|d'],
      [null, 2n, null],
      ['', 3n, ''],
      [null, null, null],
    ])
  })

  it('read keys and values of the number types, and refuse other lengths', () => {
    const long = Buffer.alloc(8)
    long.writeBigInt64BE(-9007199254740993n)
    const mapping = mappingOf(
      [
        [KEY, 'bigint'],
        [KEY, 'string'],
        [KEY, 'decimal(38,0)'],
      ],
      { keyType: 'long' },
    )
    const { rows, dirty } = convertAll(mapping, [{ key: long }, { key: 'abc' }, { key: null }])
    const text = '-9007199254740993'
    assert.deepEqual(rows, [
      [-9007199254740993n, text, text],
      [null, null, null],
    ])
    assert.match(dirty[0]!.reason, /3 bytes cannot be read as long/)
    const float = Buffer.alloc(4)
    float.writeFloatBE(0.1)
    const floats = mappingOf(
      [
        [VALUE, 'string'],
        [VALUE, 'decimal(3,2)'],
        [VALUE, 'float'],
      ],
      { valueType: 'float' },
    )
    assert.deepEqual(convertAll(floats, [{ value: float }]).rows, [
      ['0.1', '0.1', Math.fround(0.1)],
    ])
  })

  it('turn text of another encoding into UTF-8, and what is not of it into a dirty record', () => {
    const gbk = Uint8Array.from([0xd6, 0xd0])
    const mapping = mappingOf([[VALUE, 'string']], { encoding: 'gbk' })
    const { rows, dirty } = convertAll(mapping, [
      { value: gbk },
      { value: Uint8Array.from([0xff, 0xff]) },
      { value: 'ascii' },
      { value: null },
    ])
    assert.deepEqual(rows, [[Buffer.from('中').toString('latin1')], ['ascii'], [null]])
    assert.equal(dirty[0]!.reason, 'the bytes are not gbk text')
  })

  it('write headers as a JSON object, repeated keys as arrays, binary values as base64', () => {
    const mapping = mappingOf([[{ kind: 'attribute', attribute: 'headers' }, 'string']])
    const { rows } = convertAll(mapping, [
      {
        headers: [
          ['b', 'x"'],
          ['a', Uint8Array.from([0xff])],
          ['b', null],
        ],
      },
      {},
    ])
    assert.deepEqual(rows, [['{"b":["x\\"",null],"a":{"$base64":"/w=="}}'], ['{}']])
  })
})
