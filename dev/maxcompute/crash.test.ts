import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import {
  PROJECT,
  recordBody,
  temporaryDirectory,
  TestClient,
  utf8,
} from './endpoint.test-support.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const TYPES = 'bigint;string'
const BLOCK_ROWS = 50_000

interface Running {
  readonly client: TestClient
  /** kill -9, and the end of the process. */
  kill(): Promise<void>
}

async function start(t: TestContext, dataDir: string): Promise<Running> {
  const child: ChildProcess = spawn(
    process.execPath,
    [MAIN, '--data', dataDir, '--project', PROJECT, '--faults'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.after(() => child.kill('SIGKILL'))
  assert.ok(child.stdout)
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { ready, port } = JSON.parse(line) as { ready: boolean; port: number }
  assert.equal(ready, true)
  return {
    client: new TestClient(port),
    kill: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

function block(first: number, rows: number): Buffer {
  const values = Array.from({ length: rows }, (_, i) => [BigInt(first + i), utf8(`name ${i}`)])
  return recordBody(TYPES, values)
}

test('after kill -9 a session has its blocks, and no half-received one', async (t) => {
  const dataDir = await temporaryDirectory(t)
  const first = await start(t, dataDir)
  await first.client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await first.client.createUpload('t')
  await first.client.putBlock('t', id, 0, block(0, 10))
  await first.client.putBlock('t', id, 1, block(10, 5))
  await first.client.putBlock('t', id, 1, block(10, 10))
  await first.client.arm({ kind: 'slow', route: 'put', delayMs: 600_000, perChunk: true })
  const hanging = assert.rejects(first.client.putBlock('t', id, 0, block(0, 99)))
  await first.kill()
  await hanging
  const second = await start(t, dataDir)
  const session = await second.client.getUpload('t', id)
  assert.equal(session.Status, 'normal')
  assert.deepEqual(
    session.UploadedBlockList.map((b) => [b.BlockID, b.RecordCount]),
    [
      [0, 10],
      [1, 10],
    ],
  )
  await second.client.complete('t', id)
  assert.equal(await second.client.sql('select count(*), sum(id) from t'), '20,190')
})

test('a session that was closed before kill -9 is closed after it, with its rows once', async (t) => {
  const dataDir = await temporaryDirectory(t)
  const first = await start(t, dataDir)
  await first.client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await first.client.createUpload('t')
  await first.client.putBlock('t', id, 0, block(0, 10))
  await first.client.arm({ kind: 'dropAfterCommit' })
  await assert.rejects(first.client.complete('t', id))
  await first.kill()
  const second = await start(t, dataDir)
  const session = await second.client.getUpload('t', id)
  assert.equal(session.Status, 'closed')
  assert.deepEqual(
    session.UploadedBlockList.map((b) => b.RecordCount),
    [10],
  )
  await assert.rejects(second.client.complete('t', id), { code: 'StatusConflict' })
  assert.equal(await second.client.sql('select count(*) from t'), '10')
})

test('kill -9 while a session is closing leaves all of its rows or none', async (t) => {
  const dataDir = await temporaryDirectory(t)
  const first = await start(t, dataDir)
  await first.client.sql('create table t (id bigint, name string)')
  await first.client.load('t', TYPES, [[-1n, utf8('old')]])
  const { UploadID: id } = await first.client.createUpload('t', '&overwrite=true')
  const blocks = 8
  for (let i = 0; i < blocks; i += 1) {
    await first.client.putBlock('t', id, i, block(i * BLOCK_ROWS, BLOCK_ROWS))
  }
  const completing = first.client.complete('t', id).catch(() => null)
  for (;;) {
    const { Status } = await first.client.getUpload('t', id)
    if (Status !== 'normal') break
  }
  await first.kill()
  await completing
  const second = await start(t, dataDir)
  const { Status } = await second.client.getUpload('t', id)
  const count = await second.client.sql('select count(*) from t')
  assert.equal(count, Status === 'closed' ? String(blocks * BLOCK_ROWS) : '1')
  if (Status === 'normal') await second.client.complete('t', id)
  const rows = blocks * BLOCK_ROWS
  const sum = (BigInt(rows) * BigInt(rows - 1)) / 2n
  assert.equal(await second.client.sql('select count(*), sum(id) from t'), `${rows},${sum}`)
})

test('an INSERT that was committed is a success after kill -9, with tables and partitions', async (t) => {
  const dataDir = await temporaryDirectory(t)
  const first = await start(t, dataDir)
  await first.client.sql('create table t (id bigint) partitioned by (pt string)')
  await first.client.sql("insert into t partition (pt) values (1, 'a'), (2, 'b')")
  await first.kill()
  const second = await start(t, dataDir)
  assert.equal(await second.client.sql('select * from t order by id'), '1,"a"\n2,"b"')
  assert.equal(await second.client.sql('show partitions t'), 'pt=a\npt=b\n')
  const list = (await second.client.send('GET', `/projects/${PROJECT}/instances`)).body.toString()
  assert.equal(list.match(/<Instance>/g)?.length, 4)
})
