import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Batcher, BatcherFullError, type BatchOutcome } from './batcher.ts'
import { ManualClock } from './manual-clock.ts'

interface Gate {
  readonly items: readonly number[]
  finish(outcomes: readonly BatchOutcome<string>[]): void
  fail(error: unknown): void
}

function underTest(options: { itemsMax?: number; waitingMax?: number } = {}) {
  const clock = new ManualClock()
  const batches: Gate[] = []
  const batcher = new Batcher<number, string>({
    name: 'test',
    itemsMax: options.itemsMax ?? 3,
    waitMs: 10,
    waitingMax: options.waitingMax ?? 100,
    after: (delayMs, run) => clock.after(delayMs, run),
    run: (items) =>
      new Promise((resolve, reject) => batches.push({ items, finish: resolve, fail: reject })),
  })
  return { clock, batches, batcher }
}

const said = (value: string): BatchOutcome<string> => ({ ok: true, value })

test('items that come within the wait are one batch, and each gets its own answer', async () => {
  const { clock, batches, batcher } = underTest()
  const answers = [batcher.add(1), batcher.add(2)]
  assert.equal(batches.length, 0)
  clock.advance(10)
  assert.deepEqual(batches[0]?.items, [1, 2])
  batches[0].finish([said('one'), said('two')])
  assert.deepEqual(await Promise.all(answers), ['one', 'two'])
})

test('a full batch does not wait', () => {
  const { batches, batcher } = underTest({ itemsMax: 2 })
  void batcher.add(1)
  void batcher.add(2)
  assert.deepEqual(batches[0]?.items, [1, 2])
})

test('an item that fails fails alone', async () => {
  const { clock, batches, batcher } = underTest()
  const [first, second] = [batcher.add(1), batcher.add(2)]
  clock.advance(10)
  batches[0]?.finish([{ ok: false, error: new Error('not this one') }, said('two')])
  await assert.rejects(first, /not this one/)
  assert.equal(await second, 'two')
})

test('a batch that cannot be carried out fails all of its items, and the next one runs', async () => {
  const { clock, batches, batcher } = underTest()
  const [first, second] = [batcher.add(1), batcher.add(2)]
  clock.advance(10)
  batches[0]?.fail(new Error('no store'))
  await assert.rejects(first, /no store/)
  await assert.rejects(second, /no store/)
  const third = batcher.add(3)
  clock.advance(10)
  batches[1]?.finish([said('three')])
  assert.equal(await third, 'three')
})

test('while a batch is under way the next one fills, and they come one after the other', async () => {
  const { clock, batches, batcher } = underTest({ itemsMax: 3 })
  const first = batcher.add(1)
  clock.advance(10)
  const later = [2, 3, 4, 5].map((item) => batcher.add(item))
  clock.advance(1000)
  assert.equal(batches.length, 1)
  batches[0]?.finish([said('1')])
  await first
  await Promise.resolve()
  assert.deepEqual(batches[1]?.items, [2, 3, 4])
  batches[1].finish([said('2'), said('3'), said('4')])
  await later[2]
  await Promise.resolve()
  assert.deepEqual(batches[2]?.items, [5])
  batches[2].finish([said('5')])
  assert.deepEqual(await Promise.all(later), ['2', '3', '4', '5'])
})

test('an answer that does not fit the batch fails it', async () => {
  const { clock, batches, batcher } = underTest()
  const first = batcher.add(1)
  clock.advance(10)
  batches[0]?.finish([])
  await assert.rejects(first, /0 outcomes for 1 items/)
})

test('what waits is bounded', async () => {
  const { batcher } = underTest({ itemsMax: 10, waitingMax: 2 })
  void batcher.add(1)
  void batcher.add(2)
  await assert.rejects(batcher.add(3), BatcherFullError)
})
