import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import type { Backend } from './backend.ts'
import type { StoreError } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { isStoreError } from './suites/values.suite.ts'
import { newTestDataDir } from './test-store.ts'

/** Opens, does what a statement says, and answers nothing but `close`. */
const THREAD = `
  import { parentPort } from 'node:worker_threads'
  const answer = (id) => parentPort.postMessage({ id, ok: true, rows: [] })
  parentPort.on('message', ({ id, kind, sql }) => {
    if (sql === 'exit') process.exit(3)
    if (sql === 'throw') throw new Error('a fault of its own')
    if (kind === 'close') answer(id)
  })
  answer(0)`

function threadOf(source: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}

function newDir(t: TestContext): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-thread-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

async function assertLost(db: Backend, lost: readonly StoreError[], why: string): Promise<void> {
  const isLost = (error: unknown): boolean => isStoreError(error, 'UNAVAILABLE', why)
  await assert.rejects(db.query('SELECT 1'), isLost)
  await assert.rejects(
    db.transaction(async () => {}),
    isLost,
  )
  await db.close()
  assert.equal(lost.length, 1)
  assert(isLost(lost[0]))
}

for (const [how, why] of [
  ['exit', 'its thread ended with 3'],
  ['throw', 'a fault of its own'],
] as const) {
  test(`a thread that ends by itself (${how}) is said once, and every call is UNAVAILABLE`, async (t) => {
    const lost: StoreError[] = []
    const db = await openEmbedded(newDir(t), {
      onLost: (error) => lost.push(error),
      workerUrl: threadOf(THREAD),
    })
    const waiting = [db.query('never answered'), db.transaction(async () => {}), db.query(how)]
    for (const outcome of await Promise.allSettled(waiting)) {
      assert.equal(outcome.status, 'rejected')
      assert(isStoreError(outcome.reason, 'UNAVAILABLE', `has stopped: ${why}`))
    }
    await assertLost(db, lost, why)
  })
}

test('PostgreSQL that has overrun its own stack is not asked again', async (t) => {
  const dataDir = await newTestDataDir()
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const lost: StoreError[] = []
  const db = await openEmbedded(dataDir, { onLost: (error) => lost.push(error) })
  await db.query(
    `CREATE FUNCTION deeper(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN deeper(n + 1); END'`,
  )
  await Promise.allSettled([db.query('SELECT deeper(1)'), db.query('SELECT 1')])
  await assertLost(db, lost, 'PostgreSQL gave up')
})

test('a store that is closed is not lost', async (t) => {
  const lost: StoreError[] = []
  const db = await openEmbedded(newDir(t), {
    onLost: (error) => lost.push(error),
    workerUrl: threadOf(THREAD),
  })
  await db.close()
  assert.deepEqual(lost, [])
})

test('a thread that ends before it has opened is the error of opening, and leaves no lock', async (t) => {
  const dataDir = newDir(t)
  const lost: StoreError[] = []
  const onLost = (error: StoreError): unknown => lost.push(error)
  const workerUrl = threadOf('process.exit(4)')
  await assert.rejects(openEmbedded(dataDir, { onLost, workerUrl }), (error) =>
    isStoreError(error, 'UNAVAILABLE', 'its thread ended with 4'),
  )
  assert.deepEqual(lost, [])
  const again = await openEmbedded(dataDir, { onLost, workerUrl: threadOf(THREAD) })
  await again.close()
})
