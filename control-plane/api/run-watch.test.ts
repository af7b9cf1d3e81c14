import assert from 'node:assert/strict'
import { test } from 'node:test'

import { WATCH_BUFFER_BYTES_MAX } from './limits.ts'
import { RunWatch, type WatchDeps } from './run-watch.ts'
import type { LogPage } from './shapes/run.ts'
import type { WatchEvent } from './shapes/watch.ts'
import { progressOf } from './test-server.ts'

class FakeSocket {
  bufferedAmount = 0
  readonly events: WatchEvent[] = []
  closedWith: number | null = null

  send(text: string): void {
    this.events.push(JSON.parse(text) as WatchEvent)
  }

  close(code: number): void {
    this.closedWith = code
  }

  get summary(): string[] {
    return this.events.map((event) => (event.type === 'log' ? `log ${event.line.id}` : event.type))
  }
}

/** Log lines 1..count in pages of two, and a timer that fires when it is told to. */
function setup(count: number): {
  socket: FakeSocket
  deps: WatchDeps
  lines: { count: number }
  settle: () => Promise<void>
  tick: () => Promise<void>
} {
  const lines = { count }
  let due: (() => void) | null = null
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const deps: WatchDeps = {
    logPage: async (after) => {
      const ids = [after + 1, after + 2].filter((id) => id <= lines.count)
      const items = ids.map((id) => ({ id })) as LogPage['items']
      return { items, nextAfter: after + 2 < lines.count ? after + 2 : null }
    },
    setTimer: (callback) => {
      due = callback
      return setTimeout(() => {}, 0)
    },
    onError: (error) => assert.fail(String(error)),
  }
  const tick = async (): Promise<void> => {
    due?.()
    await settle()
  }
  return { socket: new FakeSocket(), deps, lines, settle, tick }
}

test('W2: log lines come in order, by pages, from the id that was asked for', async () => {
  const { socket, deps, lines, settle, tick } = setup(5)
  const watch = new RunWatch(socket, 1, deps)
  await settle()
  assert.deepEqual(socket.summary, ['log 2', 'log 3', 'log 4', 'log 5'])
  lines.count = 6
  await tick()
  assert.equal(socket.summary.at(-1), 'log 6')
  watch.closed()
})

test('W3: the end comes after the last log line, then the connection is closed', async () => {
  const { socket, deps, lines, settle, tick } = setup(1)
  const watch = new RunWatch(socket, 0, deps)
  await settle()
  watch.progress(progressOf(1))
  lines.count = 2
  watch.progress(progressOf(1, { state: 'succeeded' }))
  await settle()
  await tick()
  assert.deepEqual(socket.summary, ['log 1', 'progress', 'log 2', 'end'])
  assert.equal(socket.closedWith, 1000)
})

test('W1, W2: a reader that lags gets no progress and no log lines until it has caught up', async () => {
  const { socket, deps, settle, tick } = setup(2)
  socket.bufferedAmount = WATCH_BUFFER_BYTES_MAX + 1
  const watch = new RunWatch(socket, 0, deps)
  watch.progress(progressOf(1))
  watch.progress(progressOf(1, { state: 'failed' }))
  await settle()
  await tick()
  assert.deepEqual(socket.summary, [])
  socket.bufferedAmount = 0
  await tick()
  assert.deepEqual(socket.summary, ['log 1', 'log 2', 'end'])
})

test('when the store fails the connection is closed and the error is logged', async () => {
  const { socket, deps, settle } = setup(0)
  const errors: unknown[] = []
  const failing = { ...deps, logPage: () => Promise.reject(new Error('store')) }
  const watch = new RunWatch(socket, 0, { ...failing, onError: (error) => errors.push(error) })
  await settle()
  assert.deepEqual([errors.length, socket.closedWith], [1, 1011])
  watch.progress(progressOf(1))
  assert.deepEqual(socket.summary, [])
})
