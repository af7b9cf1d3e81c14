import assert from 'node:assert/strict'
import { test } from 'node:test'

import { importsOf, lineCount } from './source-tree.ts'

test('every way to import is seen, with its target from the root', () => {
  const text = `
import 'reflect-metadata'
import type { A } from './a.ts'
import {
  b,
  type C,
} from '../run/b.ts'
export { d } from '../../lib/d.ts'
const e = await import('./e.ts')
const text = "import nothing from here"
`
  assert.deepEqual(importsOf({ path: 'control-plane/api/x.ts', text }), [
    'reflect-metadata',
    'control-plane/api/a.ts',
    'control-plane/run/b.ts',
    'lib/d.ts',
    'control-plane/api/e.ts',
  ])
})

test('a last line counts with and without its newline', () => {
  assert.equal(lineCount('a\nb\n'), 2)
  assert.equal(lineCount('a\nb'), 2)
})
