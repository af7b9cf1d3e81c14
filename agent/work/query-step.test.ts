import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Row, RowValue } from '../../maxcompute/tunnel/row-value.ts'
import { parseType } from '../../maxcompute/types.ts'
import { resultJson } from './query-step.ts'
import { queryValue } from './query-value.ts'

it('values become JSON that loses nothing', () => {
  const cases: [string, RowValue, unknown][] = [
    ['bigint', 5n, 5],
    ['bigint', 9007199254740993n, '9007199254740993'],
    ['double', Number.NaN, 'NaN'],
    ['decimal(38,2)', '1.10', '1.10'],
    ['string', Buffer.from('é'), 'é'],
    ['string', Buffer.from([0xff]), { $base64: '/w==' }],
    ['date', -1, '1969-12-31'],
    ['datetime', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['timestamp', { seconds: -1n, nanos: 5 }, '1969-12-31T23:59:59.000000005Z'],
    ['timestamp_ntz', { seconds: 0n, nanos: 0 }, '1970-01-01T00:00:00.000000000'],
    ['array<bigint>', [1n, null], [1, null]],
    ['map<bigint,string>', [[1n, Buffer.from('a')]], { 1: 'a' }],
    ['struct<a:bigint,b:array<date>>', { a: null, b: [0] }, { a: null, b: ['1970-01-01'] }],
  ]
  for (const [type, value, expected] of cases) {
    assert.deepEqual(queryValue(parseType(type), value), expected, type)
  }
})

it('rows beyond those wanted are left out, and the result says so', async () => {
  async function* rows(count: number): AsyncGenerator<Row> {
    for (let i = 0; i < count; i++) yield await Promise.resolve([BigInt(i)])
  }
  const json = async (count: number, rowsMax: number) => {
    const columns = [{ name: 'n', type: parseType('bigint') }]
    const result = {
      kind: 'rows',
      columns,
      rows: rows(count),
      source: 'tunnel',
      truncated: false,
    } as const
    return JSON.parse(await resultJson(result, rowsMax)) as { rows: unknown[]; truncated: boolean }
  }
  assert.deepEqual(await json(2, 2), {
    columns: [{ name: 'n', type: 'bigint' }],
    text: null,
    truncated: false,
    rows: [[0], [1]],
  })
  const cut = await json(3, 2)
  assert.equal(cut.rows.length, 2)
  assert.equal(cut.truncated, true)
})
