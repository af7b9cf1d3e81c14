import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compareVersions, isVersion, isWithinReach } from './version-order.ts'

test('versions are ordered by number, and a pre-release comes before its release', () => {
  const ordered = [
    'nonsense',
    '0.1.0-alpha',
    '0.1.0-alpha.2',
    '0.1.0-alpha.10',
    '0.1.0-rc.1',
    '0.1.0',
    '0.1.9',
    '0.1.10',
    '0.2.0',
    '1.0.0',
  ]
  const shuffled = ordered.toReversed()
  assert.deepEqual(shuffled.sort(compareVersions), ordered)
  assert.equal(compareVersions('1.2.3', '1.2.3'), 0)
})

test('a version is three numbers and perhaps a pre-release, nothing that could be a path', () => {
  assert(isVersion('1.2.3-rc.1'))
  for (const text of ['', '1.2', 'v1.2.3', '1.2.3/..', '../1.2.3', '1.2.3 ', '1.2.3-']) {
    assert.equal(isVersion(text), false, text)
  }
})

test('an agent may be two minor versions away from the control plane, never a major one', () => {
  assert(isWithinReach('1.3.9', '1.5.0'))
  assert(isWithinReach('1.7.0', '1.5.0'))
  assert.equal(isWithinReach('1.2.9', '1.5.0'), false)
  assert.equal(isWithinReach('1.8.0', '1.5.0'), false)
  assert.equal(isWithinReach('2.5.0', '1.5.0'), false)
})
