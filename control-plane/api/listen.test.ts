import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { openTls } from '../tls/open-tls.ts'
import type { Api } from './context.ts'
import { isLoopback, listenApi } from './listen.ts'
import { startTestServer } from './test-server.ts'

test('only loopback addresses and localhost count as loopback', () => {
  const loopback = ['127.0.0.1', '127.8.9.1', '::1', 'localhost']
  const other = ['0.0.0.0', '::', '10.0.0.1', 'plane.example', '128.0.0.1', '127.0.0.1.example']
  assert.deepEqual(loopback.filter(isLoopback), loopback)
  assert.deepEqual(other.filter(isLoopback), [])
})

test('without a certificate the API does not listen beyond the host', async () => {
  const plain = { initialConfig: {} } as unknown as Api
  await assert.rejects(listenApi(plain, { host: '0.0.0.0', port: 0 }), /without TLS/)
})

test('with a certificate the API speaks HTTPS that the CA vouches for', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-tls-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const tls = await openTls({ dir, hostNames: ['127.0.0.1'], nowMs: Date.now() })
  const server = await startTestServer({
    tls: { certPem: tls.certChainPem, keyPem: tls.keyPem },
  })
  t.after(() => server.stop())
  assert.match(server.url, /^https:/)
  const status = await new Promise<number | undefined>((resolve, reject) => {
    get(`${server.url}/healthz`, { ca: tls.caPem }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
  assert.equal(status, 200)
})
