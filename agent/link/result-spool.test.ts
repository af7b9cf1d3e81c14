import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'

import { pino } from 'pino'

import { writeDurably } from './durable-file.ts'
import { ResultSpool } from './result-spool.ts'
import type { SpoolOptions } from './result-spool.ts'

const REF = { workId: 'run-1/slice-2', attempt: 3 }
const BYTES = Buffer.from('a result')

async function options(t: TestContext): Promise<SpoolOptions> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-spool-'))
  t.after(() => rm(dir, { recursive: true }))
  return { dir, log: pino({ level: 'silent' }), diskFreeBytes: () => 2 ** 40 }
}

function noSpace(): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
}

test('a result is found again by the next process, until it is dropped', async (t) => {
  const given = await options(t)
  const first = await ResultSpool.open(given)
  await first.put(REF, BYTES)
  const second = await ResultSpool.open(given)
  assert.deepEqual(second.refs(), [REF])
  assert.deepEqual(Buffer.from((await second.read(REF)) ?? []), BYTES)
  await second.drop(REF)
  assert.equal(await second.read(REF), null)
  assert.deepEqual((await ResultSpool.open(given)).refs(), [])
})

test('a write that never finished is no result', async (t) => {
  const given = await options(t)
  await writeFile(join(given.dir, 'run-1%2Fslice-2-3.result.new'), 'half')
  await writeFile(join(given.dir, 'run-1%2Fslice-4-1.result'), '')
  assert.deepEqual((await ResultSpool.open(given)).refs(), [])
  assert.deepEqual((await readdir(given.dir)).toSorted(), [
    'reserve',
    'run-1%2Fslice-4-1.result.bad',
  ])
})

test('on a full disk the reserve is given up for a result, and no new work is taken until it is back', async (t) => {
  const given = await options(t)
  let isFull = false
  const write = async (path: string, content: Uint8Array): Promise<void> => {
    const hasReserve = (await readdir(given.dir)).includes('reserve')
    if (isFull && (hasReserve || path.endsWith('reserve'))) throw noSpace()
    await writeDurably(path, content)
  }
  const spool = await ResultSpool.open({ ...given, write })
  assert.equal(spool.noRoom(0), null)
  isFull = true
  await spool.put(REF, BYTES)
  assert.deepEqual((await readdir(given.dir)).toSorted(), ['run-1%2Fslice-2-3.result'])
  assert.match(spool.noRoom(0) ?? '', /DISK_FULL/)
  isFull = false
  await spool.drop(REF)
  assert.equal(spool.noRoom(0), null)
})

test('a result that cannot be written at all is kept in memory', async (t) => {
  const given = await options(t)
  const spool = await ResultSpool.open({ ...given, write: () => Promise.reject(noSpace()) })
  await spool.put(REF, BYTES)
  assert.deepEqual(await spool.read(REF), BYTES)
  assert.deepEqual(spool.refs(), [REF])
})

test('results to come count against the bound', async (t) => {
  const spool = await ResultSpool.open(await options(t))
  assert.equal(spool.noRoom(4095), null)
  assert.match(spool.noRoom(4096) ?? '', /at most 4096/)
})
