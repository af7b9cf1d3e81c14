import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { connectedVersion, planeAnswers, statusMessage } from './health.ts'

test('status.json is taken at its word, and anything else is not connected', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-health-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const say = (text: string): void => writeFileSync(join(dir, 'status.json'), text)
  assert.equal(await connectedVersion(dir), null)
  say('{"connected":tr')
  assert.equal(await connectedVersion(dir), null)
  say('{"connected":false,"version":"1.0.0","message":"no way through the proxy"}')
  assert.equal(await connectedVersion(dir), null)
  assert.equal(await statusMessage(dir), 'no way through the proxy')
  say('{"connected":true,"version":"1.0.0"}')
  assert.equal(await connectedVersion(dir), '1.0.0')
})

async function port(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('a control plane answers when its port takes connections', async (t) => {
  const server = createServer((socket) => socket.destroy())
  const link = `127.0.0.1:${await port(t, server)}`
  assert.equal(await planeAnswers(link, {}), true)
  await new Promise((resolve) => server.close(resolve))
  assert.equal(await planeAnswers(link, {}), false)
  assert.equal(await planeAnswers(undefined, {}), true, 'nobody knows otherwise')
})

test('behind a proxy it answers when the proxy gets through', async (t) => {
  let status = 200
  const proxy = createServer((socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 ${status} Said\r\n\r\n`))
  })
  const env = { https_proxy: `http://127.0.0.1:${await port(t, proxy)}` }
  assert.equal(await planeAnswers('plane.invalid:7421', env), true)
  status = 502
  assert.equal(await planeAnswers('plane.invalid:7421', env), false)
})
