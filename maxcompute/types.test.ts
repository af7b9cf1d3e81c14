import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { formatType, parseType } from './types.ts'

describe('types', () => {
  for (const [text, canonical] of [
    ['bigint', 'BIGINT'],
    [' Timestamp_NTZ ', 'TIMESTAMP_NTZ'],
    ['decimal', 'DECIMAL(38,18)'],
    ['decimal(10)', 'DECIMAL(10,0)'],
    ['DECIMAL( 10 , 2 )', 'DECIMAL(10,2)'],
    ['varchar(20)', 'VARCHAR(20)'],
    ['array<array<int>>', 'ARRAY<ARRAY<INT>>'],
    [
      'map<string, array<struct<x:int, `y z`:timestamp>>>',
      'MAP<STRING,ARRAY<STRUCT<x:INT,y z:TIMESTAMP>>>',
    ],
    ['vector(float,3)', 'VECTOR(FLOAT,3)'],
  ] as const) {
    test(`${text} is ${canonical}`, () => {
      assert.equal(formatType(parseType(text)), canonical)
    })
  }

  for (const text of [
    '',
    'bigint x',
    'uint',
    'varchar',
    'varchar(x)',
    'array<bigint',
    'map<string>',
    'struct<a bigint>',
    'struct<`a:bigint>',
    'array<>',
    'vector(float,0)',
  ]) {
    test(`"${text}" is refused with the text and the place`, () => {
      assert.throws(() => parseType(text), {
        code: 'UnsupportedType',
        message: new RegExp(`"${text.replace(/[()]/g, '\\$&')}".* at character \\d+`),
      })
    })
  }

  test('a type that is nested without end is refused', () => {
    assert.throws(() => parseType('array<'.repeat(10_000)), /nested deeper/)
  })
})
