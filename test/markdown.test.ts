import assert from 'node:assert/strict'
import { test } from 'node:test'

import { anchorsOf, linksOf } from './markdown.ts'

test('links are found in prose and not in code', () => {
  const text = 'see [a](b.md#c) and ![p](p.png "t")\n```\n[no](x.md)\n```\n`[no](y.md)`\n'
  assert.deepEqual(linksOf(text), ['b.md#c', 'p.png'])
})

test('headings have the anchors that GitHub gives them', () => {
  const text = '# The job JSON\n## `NAME_TAKEN`\n## Life, of a run\n## Again\n## Again\n'
  assert.deepEqual(
    [...anchorsOf(text)],
    ['the-job-json', 'name_taken', 'life-of-a-run', 'again', 'again-1'],
  )
})
