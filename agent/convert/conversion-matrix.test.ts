/** DataWorks' conversion matrix, cell by cell: what each kind of source becomes in each type. */
import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { SliceMapping } from './mapping.ts'
import { convertAll, jsonPath, mappingOf, OFFSET, VALUE } from './spans.test-support.ts'

function long(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

function double(value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

const DIRTY = Symbol('dirty')
type Cells = Readonly<Record<string, unknown>>

function outcome(mapping: SliceMapping, value: Uint8Array | string | null, offset = 0): unknown {
  const { rows, dirty } = convertAll(mapping, [{ value, offset }])
  if (dirty.length === 1) {
    assert.equal(rows.length, 0)
    return DIRTY
  }
  return rows[0]![0]
}

/** Long: a value of type long. */
const LONG: readonly (readonly [value: bigint, cells: Cells])[] = [
  [
    1_700_000_000_123n,
    {
      tinyint: DIRTY,
      smallint: DIRTY,
      int: DIRTY,
      bigint: 1_700_000_000_123n,
      float: 1_700_000_000_123,
      double: 1_700_000_000_123,
      'decimal(38,18)': '1700000000123',
      'decimal(12,0)': DIRTY,
      string: '1700000000123',
      'varchar(13)': '1700000000123',
      'varchar(12)': DIRTY,
      boolean: true,
      datetime: 1_700_000_000_123n,
      date: 19_676n,
      timestamp: '1700000000.123000000',
      timestamp_ntz: '1700028800.123000000',
      binary: DIRTY,
      json: '1700000000123',
      'array<bigint>': DIRTY,
      'map<string,bigint>': DIRTY,
      'struct<a:bigint>': DIRTY,
    },
  ],
  [
    -128n,
    { tinyint: -128n, smallint: -128n, int: -128n, boolean: true, datetime: -128n, date: 0n },
  ],
  [-129n, { tinyint: DIRTY, smallint: -129n }],
  [32_767n, { smallint: 32_767n }],
  [32_768n, { smallint: DIRTY, int: 32_768n }],
  [2_147_483_648n, { int: DIRTY }],
  [-2_147_483_648n, { int: -2_147_483_648n }],
  [0n, { boolean: false, 'decimal(1,0)': '0', date: 0n }],
  [2n ** 63n - 1n, { bigint: 2n ** 63n - 1n, string: '9223372036854775807', datetime: DIRTY }],
  [-(2n ** 63n), { bigint: DIRTY, string: '-9223372036854775808', double: -(2 ** 63) }],
]

/** Double: a value of type double. */
const DOUBLE: readonly (readonly [value: number, cells: Cells])[] = [
  [
    3.75,
    {
      tinyint: 3n,
      bigint: 3n,
      float: 3.75,
      double: 3.75,
      'decimal(10,1)': '3.8',
      'decimal(10,2)': '3.75',
      string: '3.75',
      boolean: DIRTY,
      datetime: DIRTY,
      date: DIRTY,
      timestamp: DIRTY,
      binary: DIRTY,
      json: '3.75',
      'array<bigint>': DIRTY,
    },
  ],
  [-3.75, { bigint: -3n, 'decimal(10,1)': '-3.8' }],
  [1e300, { bigint: DIRTY, float: DIRTY, double: 1e300, 'decimal(38,18)': DIRTY }],
  [
    Number.NaN,
    { bigint: DIRTY, double: Number.NaN, string: 'NaN', json: DIRTY, 'decimal(3,1)': DIRTY },
  ],
  [Number.NEGATIVE_INFINITY, { double: Number.NEGATIVE_INFINITY, float: Number.NEGATIVE_INFINITY }],
  [-0.04, { 'decimal(3,1)': '0' }],
  [9.96, { 'decimal(2,1)': DIRTY, 'decimal(3,1)': '10' }],
]

/** String: a value of type string. */
const STRING: readonly (readonly [value: string, cells: Cells])[] = [
  [
    '42',
    {
      tinyint: 42n,
      bigint: 42n,
      float: 42,
      double: 42,
      'decimal(10,2)': '42',
      string: '42',
      'char(2)': '42',
      boolean: DIRTY,
      datetime: DIRTY,
      binary: '42',
      json: '42',
      'array<bigint>': DIRTY,
    },
  ],
  ['128', { tinyint: DIRTY, smallint: 128n }],
  ['-1.99', { bigint: -1n, 'decimal(3,2)': '-1.99', 'decimal(3,1)': DIRTY }],
  ['1e3', { bigint: 1000n, 'decimal(10,0)': '1000', double: 1000 }],
  ['1e400', { bigint: DIRTY, double: DIRTY, 'decimal(38,0)': DIRTY }],
  ['1e-400', { bigint: 0n, 'decimal(38,18)': DIRTY }],
  ['9223372036854775807', { bigint: 2n ** 63n - 1n }],
  ['9223372036854775808', { bigint: DIRTY, 'decimal(19,0)': '9223372036854775808' }],
  ['-9223372036854775808', { bigint: DIRTY }],
  ['00012.50', { 'decimal(4,2)': '12.5', bigint: 12n }],
  ['-0', { bigint: 0n, 'decimal(4,2)': '0' }],
  ['.5', { double: 0.5, 'decimal(2,1)': '0.5' }],
  ['NaN', { double: Number.NaN, bigint: DIRTY, 'decimal(3,1)': DIRTY }],
  ['Infinity', { double: Number.POSITIVE_INFINITY, float: Number.POSITIVE_INFINITY }],
  ['', { bigint: DIRTY, double: DIRTY, string: '', binary: '', datetime: DIRTY, boolean: DIRTY }],
  [' 1', { bigint: DIRTY, double: DIRTY }],
  ['0x10', { bigint: DIRTY, double: DIRTY }],
  ['.', { bigint: DIRTY, double: DIRTY, 'decimal(3,1)': DIRTY }],
  ['TRUE', { boolean: true, bigint: DIRTY }],
  ['False', { boolean: false }],
  ['yes', { boolean: DIRTY }],
  [
    '2024-02-29 13:00:00',
    {
      datetime: BigInt(Date.UTC(2024, 1, 29, 5)),
      timestamp: `${Date.UTC(2024, 1, 29, 5) / 1000}.000000000`,
      timestamp_ntz: `${Date.UTC(2024, 1, 29, 13) / 1000}.000000000`,
      date: BigInt(Date.UTC(2024, 1, 29) / 86_400_000),
    },
  ],
  ['2024-02-29', { datetime: BigInt(Date.UTC(2024, 1, 28, 16)), date: 19_782n }],
  ['20240229', { datetime: BigInt(Date.UTC(2024, 1, 28, 16)), date: 19_782n }],
  ['13:00:00', { datetime: BigInt(Date.UTC(1970, 0, 1, 5)), date: 0n }],
  [
    '2024-02-29T23:30:00.123456789Z',
    {
      datetime: DIRTY,
      timestamp: `${Date.UTC(2024, 1, 29, 23, 30) / 1000}.123456789`,
      date: 19_783n,
    },
  ],
  ['2024-02-29T13:00:00.5-03:30', { datetime: BigInt(Date.UTC(2024, 1, 29, 16, 30, 0, 500)) }],
  ['2023-02-29', { datetime: DIRTY, date: DIRTY, timestamp: DIRTY }],
  ['2024-02-29 24:00:00', { datetime: DIRTY }],
  ['0000-01-01', { date: DIRTY }],
  ['0001-01-02', { date: -719_161n }],
  ['[1,null,"3"]', { 'array<bigint>': [1n, null, 3n], 'array<string>': ['1', null, '3'] }],
  ['[9007199254740993]', { 'array<bigint>': [9007199254740993n] }],
  [
    '{"a":"x","b":[1.5]}',
    {
      'struct<A:string,b:array<double>,c:bigint>': { A: 'x', b: [1.5], c: null },
      'map<string,string>': [
        ['a', 'x'],
        ['b', '[1.5]'],
      ],
      'map<string,bigint>': DIRTY,
      'array<string>': DIRTY,
      json: '{"a":"x","b":[1.5]}',
    },
  ],
  ['{"1":true}', { 'map<bigint,boolean>': [[1n, true]] }],
  ['[128]', { 'array<tinyint>': DIRTY }],
  ['["2024-02-29"]', { 'array<date>': [19_782n] }],
  ['[1', { 'array<bigint>': DIRTY, json: DIRTY }],
]

/** Bytes: a value of type bytearray feeds STRING and BINARY only. */
const BYTES: Cells = {
  bigint: DIRTY,
  double: DIRTY,
  'decimal(10,2)': DIRTY,
  string: '42',
  binary: '42',
  boolean: DIRTY,
  datetime: DIRTY,
  timestamp: DIRTY,
  json: DIRTY,
  'array<bigint>': DIRTY,
}

/** JSON scalars of the key `v`. */
const JSON_SCALARS: readonly (readonly [value: string, cells: Cells])[] = [
  [
    'true',
    {
      tinyint: 1n,
      double: 1,
      'decimal(10,2)': '1',
      string: 'true',
      boolean: true,
      datetime: DIRTY,
      binary: DIRTY,
      json: 'true',
      'array<bigint>': DIRTY,
    },
  ],
  ['false', { bigint: 0n, double: 0, string: 'false', boolean: false }],
  [
    '1700000000123',
    {
      bigint: 1_700_000_000_123n,
      int: DIRTY,
      string: '1700000000123',
      datetime: 1_700_000_000_123n,
      timestamp: '1700000000.123000000',
      boolean: true,
      binary: DIRTY,
      json: '1700000000123',
    },
  ],
  ['1.5', { bigint: 1n, double: 1.5, string: '1.5', boolean: DIRTY, datetime: DIRTY }],
  ['-1E2', { bigint: -100n, string: '-1E2' }],
  ['"2024-02-29"', { date: 19_782n, bigint: DIRTY, string: '2024-02-29' }],
  [
    '[1,2]',
    { 'array<int>': [1n, 2n], string: '[1,2]', binary: '[1,2]', bigint: DIRTY, json: '[1,2]' },
  ],
  ['"[1,2]"', { 'array<int>': [1n, 2n], json: '"[1,2]"' }],
]

function check(mapping: SliceMapping, value: Uint8Array | string, expected: unknown): void {
  assert.deepEqual(outcome(mapping, value), expected)
}

for (const [value, cells] of LONG) {
  for (const [type, expected] of Object.entries(cells)) {
    it(`long ${value} into ${type}`, () => {
      check(mappingOf([[VALUE, type]], { valueType: 'long' }), long(value), expected)
    })
  }
}

for (const [value, cells] of DOUBLE) {
  for (const [type, expected] of Object.entries(cells)) {
    it(`double ${value} into ${type}`, () => {
      check(mappingOf([[VALUE, type]], { valueType: 'double' }), double(value), expected)
    })
  }
}

for (const [value, cells] of STRING) {
  for (const [type, expected] of Object.entries(cells)) {
    it(`string ${JSON.stringify(value)} into ${type}`, () => {
      check(mappingOf([[VALUE, type]]), value, expected)
    })
  }
}

for (const [type, expected] of Object.entries(BYTES)) {
  it(`bytes into ${type}`, () => {
    check(mappingOf([[VALUE, type]], { valueType: 'bytearray' }), '42', expected)
  })
}

for (const [value, cells] of JSON_SCALARS) {
  for (const [type, expected] of Object.entries(cells)) {
    it(`JSON ${value} into ${type}`, () => {
      check(mappingOf([[jsonPath('v'), type]]), `{"v":${value}}`, expected)
    })
  }
}

for (const type of Object.keys(LONG[0]![1])) {
  it(`NULL into ${type}`, () => {
    assert.equal(outcome(mappingOf([[VALUE, type]]), null), null)
    assert.equal(outcome(mappingOf([[VALUE, `${type}!`]]), null), DIRTY)
  })

  it(`empty text into ${type} with emptyAsNull`, () => {
    assert.equal(outcome(mappingOf([[VALUE, type]], { emptyAsNull: true }), ''), null)
  })
}

it('an offset is a long', () => {
  assert.equal(outcome(mappingOf([[OFFSET, 'tinyint']]), null, 128), DIRTY)
  assert.equal(outcome(mappingOf([[OFFSET, 'string']]), null, 2 ** 53 - 1), '9007199254740991')
})

it('text over the limit of bytes goes by overLengthRule', () => {
  const over = (overLengthRule: SliceMapping['overLengthRule'], value = 'aéé', type = 'string') =>
    outcome(mappingOf([[VALUE, type]], { maxFieldBytes: 4, overLengthRule }), value)
  assert.equal(over('dirty'), DIRTY)
  assert.equal(over('setNull'), null)
  assert.equal(over('keepOn'), Buffer.from('aéé').toString('latin1'))
  assert.equal(over('truncate'), Buffer.from('aé').toString('latin1'))
  assert.equal(over('truncate', 'abcde'), 'abcd')
  assert.equal(over('truncate', '😀😀'), Buffer.from('😀').toString('latin1'))
  assert.equal(over('truncate', '[1,2,3]', 'json'), DIRTY)
  assert.equal(over('truncate', 'abcde', 'varchar(3)'), DIRTY)
})

it('VARCHAR and CHAR count characters, not bytes', () => {
  assert.equal(
    outcome(mappingOf([[VALUE, 'varchar(2)']]), '中文'),
    Buffer.from('中文').toString('latin1'),
  )
  assert.equal(outcome(mappingOf([[VALUE, 'varchar(2)']]), '中文字'), DIRTY)
})
