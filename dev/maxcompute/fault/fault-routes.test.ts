import assert from 'node:assert/strict'
import { test } from 'node:test'

import { recordBody, testEndpoint, utf8 } from '../endpoint.test-support.ts'

const BODY = recordBody('bigint;string', [[1n, utf8('one')]])

test('dropAfterCommit performs the request and loses the reply', async (t) => {
  const client = await testEndpoint(t, { faults: true })
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.putBlock('t', id, 0, BODY)
  await client.arm({ kind: 'dropAfterCommit' })
  await assert.rejects(client.complete('t', id), { code: 'ECONNRESET' })
  assert.equal((await client.getUpload('t', id)).Status, 'closed')
  assert.equal(await client.sql('select count(*) from t'), '1')
})

test('dropBeforeCommit loses the request', async (t) => {
  const client = await testEndpoint(t, { faults: true })
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.arm({ kind: 'dropBeforeCommit' })
  await assert.rejects(client.complete('t', id), { code: 'ECONNRESET' })
  assert.equal((await client.getUpload('t', id)).Status, 'normal')
  assert.equal((await client.complete('t', id)).Status, 'closed')
})

test('status refuses the nth request of its kind, as often as asked, and counts', async (t) => {
  const client = await testEndpoint(t, { faults: true })
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.arm({ kind: 'status', route: 'put', status: 429, nth: 2, times: 2 })
  const statuses: number[] = []
  for (let i = 0; i < 5; i += 1) statuses.push((await client.putBlock('t', id, i, BODY)).status)
  assert.deepEqual(statuses, [200, 429, 429, 200, 200])
  const listed = JSON.parse((await client.send('GET', '/__faults')).body.toString()) as {
    fired: number
    seen: number
  }[]
  assert.deepEqual(
    listed.map((f) => [f.seen, f.fired]),
    [[5, 2]],
  )
  await client.send('DELETE', '/__faults')
  assert.equal((await client.send('GET', '/__faults')).body.toString(), '[]')
})

test('slow delays a request, or every piece of its body, and changes nothing else', async (t) => {
  const client = await testEndpoint(t, { faults: true })
  await client.sql('create table t (id bigint, name string)')
  const { UploadID: id } = await client.createUpload('t')
  await client.arm({ kind: 'slow', route: 'put', delayMs: 30 })
  await client.arm({ kind: 'slow', route: 'put', delayMs: 20, perChunk: true })
  const started = performance.now()
  assert.equal((await client.putBlock('t', id, 0, BODY)).status, 200)
  assert.ok(performance.now() - started >= 49)
})

test('a wrong fault is refused with the key; without --faults there is no such path', async (t) => {
  const client = await testEndpoint(t, { faults: true })
  const wrong: [unknown, RegExp][] = [
    [{ kind: 'x' }, /kind must be one of/],
    [{ kind: 'status', route: 'x' }, /route must be one of/],
    [{ kind: 'status', status: 404 }, /status must be 429, 500 or 503/],
    [{ kind: 'slow', ms: 3 }, /ms must be left out/],
    [{ kind: 'slow', delayMs: -1 }, /delayMs must be a whole number/],
  ]
  for (const [fault, message] of wrong) {
    const reply = await client.send('POST', '/__faults', JSON.stringify(fault))
    assert.equal(reply.status, 400)
    assert.match(reply.body.toString(), message)
  }
  const plain = await testEndpoint(t)
  assert.equal((await plain.send('GET', '/__faults')).status, 400)
})
