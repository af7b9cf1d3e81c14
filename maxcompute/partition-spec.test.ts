import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parsePartitionSpec, restForm, tunnelForm } from './partition-spec.ts'

test('both forms and both separators are read, and each is written', () => {
  for (const text of ["pt='a b',hh='01'", 'pt=a b/hh=01', ' pt = "a b" , hh=01']) {
    const spec = parsePartitionSpec(text)
    assert.equal(tunnelForm(spec), 'pt=a b,hh=01')
    assert.equal(restForm(spec), "pt='a b',hh='01'")
  }
})

test('what a form cannot carry is refused with the reason', () => {
  for (const [text, reason] of [
    ['', /not a column name/],
    ['pt', /has no value/],
    ["pt='", /may not hold/],
    ['pt=a=b', /may not hold/],
    ['pt=a\nb', /may not hold/],
    ['pt=1,PT=2', /twice/],
    ['1=2', /not a column name/],
  ] as const) {
    assert.throws(() => parsePartitionSpec(text), { code: 'InvalidPartitionSpec', message: reason })
  }
})
