import assert from 'node:assert/strict'
import { test } from 'node:test'

import { backoffMs } from './backoff.ts'
import { DEFAULT_AGENT_LINK_SETTINGS } from './link-settings.ts'

test('the delay is anything from half a second to a bound that doubles up to ten seconds', () => {
  const at = (failures: number, random: number): number =>
    backoffMs(failures, random, DEFAULT_AGENT_LINK_SETTINGS)
  assert.deepEqual([at(1, 0), at(9, 0), at(5000, 0)], [500, 500, 500])
  const bounds = [1, 2, 3, 6, 7, 5000].map((failures) => at(failures, 1))
  assert.deepEqual(bounds, [1_000, 2_000, 4_000, 10_000, 10_000, 10_000])
})
