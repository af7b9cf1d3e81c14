import 'reflect-metadata'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'

import { Server } from '@grpc/grpc-js'
import { pino } from 'pino'

import { LinkCredentials } from '../tls/link-credentials.ts'
import { openTls } from '../tls/open-tls.ts'
import { startListener } from './listener.ts'
import type { Listener } from './listener.ts'

async function newListener(t: TestContext, port: number): Promise<Listener> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-listener-'))
  t.after(() => rm(dir, { recursive: true }))
  const tls = await openTls({ dir, hostNames: [], nowMs: Date.now() })
  const log = pino({ level: 'silent' })
  const at = { host: '127.0.0.1', port }
  const listener = await startListener(new Server(), new LinkCredentials(tls), at, log)
  t.after(() => {
    listener.close(() => {})
    listener.hangUp()
  })
  return listener
}

test('an address that is taken is named, with what to do', async (t) => {
  const { port } = await newListener(t, 0)
  await assert.rejects(
    newListener(t, port),
    new RegExp(`address already in use 127.0.0.1:${port}.*--link-listen`),
  )
})

test('a closed listener takes nothing new, and says when the last connection has ended', async (t) => {
  const listener = await newListener(t, 0)
  const socket = connect(listener.port, '127.0.0.1')
  await once(socket, 'connect')
  const ended = new Promise<void>((resolve) => listener.close(resolve))
  const [refused] = await once(connect(listener.port, '127.0.0.1'), 'error')
  assert.match(String(refused), /ECONNREFUSED/)
  socket.destroy()
  await ended
})
