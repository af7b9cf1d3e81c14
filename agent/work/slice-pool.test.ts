import assert from 'node:assert/strict'
import { after, it } from 'node:test'

import type { SliceSpec } from '../../proto/gen/sluice/agent/v1/SliceSpec.ts'
import { SlicePool } from './slice-pool.ts'

/** A thread that does what the slice's table is called. */
const threadSource = `
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', (message) => {
    if (message.type === 'cancel') return parentPort.postMessage({ type: 'failed', error: { code: 'CANCELLED', message: message.reason } })
    if (message.type === 'speed') return parentPort.postMessage({ type: 'done', result: { rows: message.bytesPerSecond } })
    const { table } = message.spec
    if (table === 'exit') process.exit(7)
    if (table === 'throw') throw new Error('a bug')
    if (table === 'hoard') { const all = []; for (;;) all.push({ all, more: [1, 2, 3] }) }
    if (table === 'hang') return parentPort.postMessage({ type: 'log', level: 'info', message: 'hanging' })
    parentPort.postMessage({ type: 'done', result: { rows: 1 } })
  })`
const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(threadSource)}`)
const pools: SlicePool[] = []
after(() => Promise.all(pools.map((pool) => pool.close())))

function poolOf(channels: number): SlicePool {
  const pool = new SlicePool({ channels, workerUrl, encoding: 'auto' })
  pools.push(pool)
  return pool
}

const silent = { progress: () => undefined, log: () => undefined }
const slice = (table: string) => ({ topic: 't', blockId: 1, table }) as SliceSpec

it('a thread that dies fails its slice only, and the next slice gets a new one', async () => {
  const pool = poolOf(1)
  for (const table of ['exit', 'throw', 'hoard']) {
    const died = await pool.run(slice(table), silent).outcome
    assert.ok(died.kind === 'failed', table)
    assert.equal(died.error.code, 'WORKER_DIED')
    assert.equal(died.error.retry, 'BACKOFF')
    assert.deepEqual(await pool.run(slice('fine'), silent).outcome, {
      kind: 'done',
      result: { rows: 1 },
    })
  }
})

it('runs no more slices at once than there are channels', async () => {
  const pool = poolOf(1)
  const first = pool.run(slice('hang'), silent)
  const second = await pool.run(slice('fine'), silent).outcome
  assert.ok(second.kind === 'failed')
  assert.match(second.error.message ?? '', /channels .* busy/)
  first.cancel('enough')
  const outcome = await first.outcome
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.error.message, 'enough')
  assert.equal((await pool.run(slice('fine'), silent).outcome).kind, 'done')
})

it('a new speed limit reaches the slice that runs, and no later one in the same thread', async () => {
  const pool = poolOf(1)
  const first = pool.run(slice('hang'), silent)
  first.setSpeed(17)
  assert.deepEqual(await first.outcome, { kind: 'done', result: { rows: 17 } })
  const second = pool.run(slice('hang'), silent)
  first.setSpeed(18)
  second.setSpeed(19)
  assert.deepEqual(await second.outcome, { kind: 'done', result: { rows: 19 } })
})

it('closing ends what runs as CANCELLED, and nothing is started afterwards', async () => {
  const pool = poolOf(2)
  const hanging = Promise.withResolvers<void>()
  const running = pool.run(slice('hang'), { ...silent, log: () => hanging.resolve() })
  await hanging.promise
  await pool.close()
  for (const outcome of [await running.outcome, await pool.run(slice('fine'), silent).outcome]) {
    assert.ok(outcome.kind === 'failed')
    assert.equal(outcome.error.code, 'CANCELLED')
  }
})
