/** Live events of a run over the WebSocket, as an async iterable. */
import { once } from 'node:events'

import { WebSocket } from 'ws'

import type { ErrorAnswer } from '../control-plane/api/shapes/building-blocks.ts'
import type { WatchEvent } from '../control-plane/api/shapes/watch.ts'
import { ClientError } from './client-error.ts'
import { type Target, unreachable } from './request.ts'

/** Unread events kept in memory; above it the connection is paused until they are taken. */
const EVENTS_BUFFERED_MAX = 1000

export interface WatchOptions {
  readonly logs: boolean
  /** Only log lines with a greater id. */
  readonly afterLogId: number
  readonly signal: AbortSignal
}

/**
 * Ends after the run's `end` event, or when the signal is aborted.
 * @throws ClientError UNREACHABLE when the connection breaks before the end; reconnect with the
 *   last log id that came
 */
export async function* watchRun(
  target: Target,
  runId: number,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void, void> {
  const socket = open(target, runId, options)
  // Before anything is awaited: the first event may come in the same packet as the handshake's end.
  const inbox = new Inbox(socket)
  const close = (): void => socket.terminate()
  options.signal.addEventListener('abort', close, { once: true })
  try {
    await opened(target, socket)
    yield* events(target, inbox, options.signal)
  } finally {
    options.signal.removeEventListener('abort', close)
    socket.terminate()
  }
}

function open(target: Target, runId: number, options: WatchOptions): WebSocket {
  const url = new URL(`${target.server.replace(/^http/, 'ws')}/api/v1/runs/${runId}/watch`)
  url.searchParams.set('logs', String(options.logs))
  url.searchParams.set('afterLogId', String(options.afterLogId))
  const headers = target.token === null ? {} : { authorization: `Bearer ${target.token}` }
  return new WebSocket(url, ['sluice.v1'], { headers })
}

async function opened(target: Target, socket: WebSocket): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    socket.once('unexpected-response', (_request, response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => reject(refusal(text, response.statusCode ?? 0)))
    })
  })
  try {
    await Promise.race([once(socket, 'open'), refused])
  } catch (error) {
    throw error instanceof ClientError ? error : unreachable(target.server, error)
  }
}

function refusal(text: string, status: number): ClientError {
  try {
    const { error } = JSON.parse(text) as ErrorAnswer
    return new ClientError(error.code, error.message)
  } catch {
    return new ClientError('BAD_ANSWER', `the control plane answered ${status} to a WebSocket`)
  }
}

/** What has come and was not read yet. */
class Inbox {
  readonly #socket: WebSocket
  readonly #queue: WatchEvent[] = []
  #wake: () => void = () => {}
  isClosed = false
  failure: unknown = null

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      this.#queue.push(JSON.parse(data.toString('utf8')) as WatchEvent)
      if (this.#queue.length >= EVENTS_BUFFERED_MAX) socket.pause()
      this.#wake()
    })
    socket.on('error', (error) => (this.failure = error))
    socket.on('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  shift(): WatchEvent | undefined {
    return this.#queue.shift()
  }

  /** Resolves when there is something to shift, or never will be. */
  async wait(): Promise<void> {
    this.#socket.resume()
    await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}

async function* events(
  target: Target,
  inbox: Inbox,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, void> {
  for (;;) {
    const event = inbox.shift()
    if (event === undefined) {
      if (signal.aborted) return
      if (inbox.isClosed) {
        throw unreachable(target.server, inbox.failure ?? new Error('the connection ended'))
      }
      await inbox.wait()
      continue
    }
    yield event
    if (event.type === 'end') return
  }
}
