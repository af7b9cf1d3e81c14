import assert from 'node:assert/strict'
import { test } from 'node:test'

import { presenceAfter, wasDeaf, returnMs } from './lease.ts'
import { DEFAULT_LINK_SETTINGS, linkSettingsProblem } from './link-settings.ts'

test('nobody is offline before the lease and the grace are over', () => {
  const at = (silentMs: number): string => presenceAfter(silentMs, DEFAULT_LINK_SETTINGS)
  assert.deepEqual([0, 12_499, 12_500, 21_999, 22_000].map(at), [
    'online',
    'online',
    'suspect',
    'suspect',
    'offline',
  ])
})

test('a look that comes half a lease late proves nothing', () => {
  assert.equal(wasDeaf(10_000, DEFAULT_LINK_SETTINGS), false)
  assert.equal(wasDeaf(10_001, DEFAULT_LINK_SETTINGS), true)
})

test('settings under which live agents would be lost are refused', () => {
  assert.equal(linkSettingsProblem(DEFAULT_LINK_SETTINGS), null)
  assert.match(linkSettingsProblem({ ...DEFAULT_LINK_SETTINGS, beatMs: 7_000 }) ?? '', /beatMs/)
  assert.match(linkSettingsProblem({ ...DEFAULT_LINK_SETTINGS, sweepMs: 11_000 }) ?? '', /sweepMs/)
  assert.match(linkSettingsProblem({ ...DEFAULT_LINK_SETTINGS, graceMs: -1 }) ?? '', /graceMs/)
})

test('a large fleet has longer to come back after a start, a small one has its lease', () => {
  assert.ok(returnMs(3) < 50)
  assert.ok(returnMs(10_000) > 60_000)
})
