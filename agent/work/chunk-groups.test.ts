import assert from 'node:assert/strict'
import { test } from 'node:test'

import { chunkGroups } from './chunk-groups.ts'

function groupsOf(lengths: readonly number[], bytesMax: number): number[][] {
  const chunks = lengths.map((length) => new Uint8Array(length))
  return [...chunkGroups(chunks, bytesMax)].map((group) => {
    assert.equal(
      group.bytes,
      group.chunks.reduce((sum, { length }) => sum + length, 0),
    )
    return group.chunks.map(({ length }) => length)
  })
}

test('chunks are grouped in their order, as many as fit', () => {
  assert.deepEqual(groupsOf([4, 6, 1, 9, 2], 10), [[4, 6], [1, 9], [2]])
})

test('a chunk that is larger than a group stands alone', () => {
  assert.deepEqual(groupsOf([3, 11, 3], 10), [[3], [11], [3]])
  assert.deepEqual(groupsOf([11], 10), [[11]])
})

test('without chunks there is no group, and an empty chunk is no end', () => {
  assert.deepEqual(groupsOf([], 10), [])
  assert.deepEqual(groupsOf([0, 10, 0], 10), [[0, 10, 0]])
})
