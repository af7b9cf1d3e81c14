import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import { createConverter } from './converter.ts'
import { MappingError, parseMapping } from './mapping.ts'

const base = {
  readerColumns: [
    { source: 'attribute', attribute: 'value' },
    { source: 'jsonPath', jsonPath: { keys: ['a', 'b'] } },
  ],
  writerColumns: ['BODY', 'ab'],
  sessionColumns: [
    { name: 'ab', type: 'bigint', nullable: true },
    { name: 'other', type: 'string', nullable: true },
    { name: 'body', type: 'string', nullable: false },
  ],
  keyType: 'STRING',
  valueType: '',
  encoding: 'UTF-8',
  headerEncoding: '',
  fieldDelimiter: '',
  timeZone: 'Asia/Shanghai',
  emptyAsNull: false,
  overLengthRule: '',
  maxFieldBytes: 0,
} as unknown as SliceSpec

function codeOf(spec: Partial<SliceSpec>): string {
  try {
    createConverter(parseMapping({ ...base, ...spec }))
  } catch (error) {
    assert.ok(error instanceof MappingError)
    return error.code
  }
  return ''
}

it('writer columns find their session column by name, whatever the case', () => {
  const { columns } = parseMapping(base)
  assert.deepEqual(
    columns.map((column) => column.target),
    [2, 0],
  )
  assert.equal(codeOf({}), '')
})

it('what cannot work for any record fails the slice and is named', () => {
  assert.equal(codeOf({ writerColumns: ['body'] }), 'COLUMN_COUNT_MISMATCH')
  assert.equal(codeOf({ writerColumns: ['body', 'nope'] }), 'COLUMN_NOT_FOUND')
  assert.equal(codeOf({ writerColumns: ['body', 'Body'] }), 'COLUMN_COUNT_MISMATCH')
  assert.equal(codeOf({ writerColumns: ['other', 'ab'] }), 'COLUMN_COUNT_MISMATCH')
  const interval = { name: 'ab', type: 'interval_day_time', nullable: true }
  const columns = [interval, ...base.sessionColumns.slice(1)]
  assert.equal(codeOf({ sessionColumns: columns }), 'COLUMN_TYPE_UNSUPPORTED')
  assert.equal(codeOf({ timeZone: 'Mars/Olympus' }), 'INTERNAL')
  assert.equal(codeOf({ encoding: 'klingon' }), 'INTERNAL')
})
