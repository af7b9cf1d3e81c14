import assert from 'node:assert/strict'
import { it } from 'node:test'

import { orders, partitionSizes } from './orders.ts'

it('every record goes to some topic partition, in uneven parts', () => {
  assert.deepEqual(partitionSizes(200_000, 4), [80_000, 60_000, 40_000, 20_000])
  for (const [records, partitions] of [
    [1, 4],
    [7, 3],
    [20_000, 7],
  ] as const) {
    const sizes = partitionSizes(records, partitions)
    assert.equal(sizes.length, partitions)
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      records,
    )
  }
})

it('some records have headers, some have no key, all are JSON with rising times', () => {
  const records = [...orders(1, 100, 1_700_000_000_000)]
  assert.equal(records.length, 100)
  assert.ok(records.some((one) => one.headers !== undefined))
  assert.ok(records.some((one) => one.headers === undefined))
  assert.equal(records.filter((one) => one.key === null).length, 2)
  const ids = records.map((one) => (JSON.parse(String(one.value)) as { orderId: number }).orderId)
  assert.deepEqual(
    ids,
    Array.from({ length: 100 }, (_, i) => i + 1),
  )
  const times = records.map((one) => one.timestampMs!)
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
})
