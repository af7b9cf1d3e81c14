import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

import { pageRunLog } from './log-lines/page-run-log.ts'
import { openStore } from './open-store.ts'
import { isStoreError } from './suites/values.suite.ts'
import { newTestDataDir } from './test-store.ts'

const KILLS = 3
const ROWS_BEFORE_KILL = 300

/** Lets a child write until it has acknowledged enough, and kills it in the middle of its work. */
async function writeAndKill(dataDir: string): Promise<{ runId: number; lastNumber: number }> {
  const script = new URL('suites/write-until-killed.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let lastLine = ''
  for await (const line of createInterface({ input: child.stdout })) {
    lastLine = line
    if (line.endsWith(` ${ROWS_BEFORE_KILL}`)) child.kill('SIGKILL')
  }
  assert.deepEqual(await exited, [null, 'SIGKILL'])
  const [runId, lastNumber] = lastLine.split(' ').map(Number)
  assert(runId !== undefined && lastNumber !== undefined && lastNumber >= ROWS_BEFORE_KILL)
  return { runId, lastNumber }
}

test('kill -9 loses no acknowledged row, halves no transaction, and leaves no lock', async (t) => {
  const dataDir = await newTestDataDir()
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const runs = []
  for (let kill = 0; kill < KILLS; kill += 1) runs.push(await writeAndKill(dataDir))
  const db = await openStore({ dataDir, databaseUrl: null })
  t.after(() => db.close())
  for (const { runId, lastNumber } of runs) {
    const rows = await pageRunLog(db, { runId, afterId: 0, limit: 100_000 })
    const numbers = rows.map((row) => row.attempt)
    // The last row may have been kept without being acknowledged; everything before it is there.
    const count = Math.max(lastNumber, numbers.at(-1) ?? 0) + 1
    const expected = Array.from({ length: count }, (_, number) =>
      number % 2 === 0 ? [number] : [number, number],
    )
    assert.deepEqual(numbers, expected.flat())
    assert(count <= lastNumber + 2)
  }
})

test('a second process on a data directory is refused with the id of the first, until that ends', async (t) => {
  const dataDir = await newTestDataDir()
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const first = await openStore({ dataDir, databaseUrl: null })
  const script = `
    import { openStore } from ${JSON.stringify(new URL('open-store.ts', import.meta.url).href)}
    const db = await openStore({ dataDir: process.argv[1], databaseUrl: null })
    await db.close()`
  const second = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    const [code] = (await once(child, 'close')) as [number]
    return { code, output }
  }
  const refused = await second()
  assert.equal(refused.code, 1)
  assert.match(
    refused.output,
    new RegExp(`in use by another control plane \\(pid ${process.pid} on`),
  )
  assert.deepEqual(await first.query('SELECT 1 AS one'), [{ one: 1 }])
  await assert.rejects(openStore({ dataDir, databaseUrl: null }), (error) =>
    isStoreError(error, 'UNAVAILABLE', dataDir),
  )
  await first.close()
  assert.deepEqual(await second(), { code: 0, output: '' })
})

test('a closed store says so', async (t) => {
  const dataDir = await newTestDataDir()
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const db = await openStore({ dataDir, databaseUrl: null })
  await db.close()
  await db.close()
  await assert.rejects(db.query('SELECT 1'), (error) =>
    isStoreError(error, 'UNAVAILABLE', 'closed'),
  )
})
