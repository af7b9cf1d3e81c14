/** A service for tests: a real HTTP server on a free port, scripted per test. It checks version 1 signatures on its own. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { MaxComputeClient, type ClientOptions } from './client.ts'
import type { RetryClock } from './retry.ts'
import { signV1 } from './sign.ts'

export const KEYS = { accessKeyId: 'id', accessKeySecret: 'secret' }

export interface Call {
  readonly method: string
  /** Decoded. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  /** The whole body; null when it broke off. */
  readonly body: Buffer | null
}

export type Reply =
  | {
      readonly status?: number
      readonly headers?: Record<string, string>
      readonly body?: string | Buffer
    }
  /** The connection is cut without an answer. */
  | 'drop'

export interface FakeService extends AsyncDisposable {
  readonly url: string
  readonly calls: Call[]
  readonly client: MaxComputeClient
  readonly clock: DrivenClock
  /** The first PUT: when its head has arrived, and when its body has ended or broken off. */
  readonly put: { readonly started: Promise<void>; readonly over: Promise<Call> }
  /** Calls as "METHOD first-flag". */
  readonly seen: () => string[]
}

/** Sleeps at once, and remembers for how long it was asked to. */
export class DrivenClock implements RetryClock {
  readonly slept: number[] = []
  readonly random = (): number => 1
  #now = Date.UTC(2024, 0, 15, 8)

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    this.slept.push(ms)
    this.#now += ms
    return Promise.resolve()
  }

  readonly now = (): number => this.#now
}

export async function startFake(
  answer: (call: Call) => Reply,
  options: Partial<ClientOptions> = {},
): Promise<FakeService> {
  const calls: Call[] = []
  const started = Promise.withResolvers<void>()
  const over = Promise.withResolvers<Call>()
  const server = createServer((request, response) => {
    if (request.method === 'PUT') started.resolve()
    void serve(request, response, calls, answer).then((call) => {
      if (call.method === 'PUT') over.resolve(call)
    })
  })
  await listening(server)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = new DrivenClock()
  const client = new MaxComputeClient({
    endpoint: `${url}/api`,
    tunnelEndpoint: url,
    project: 'p',
    credentials: KEYS,
    clock,
    ...options,
  })
  return {
    url,
    calls,
    client,
    clock,
    put: { started: started.promise, over: over.promise },
    seen: () => calls.map(({ method, query }) => `${method} ${Object.keys(query)[0]}`),
    [Symbol.asyncDispose]: async () => {
      client.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  calls: Call[],
  answer: (call: Call) => Reply,
): Promise<Call> {
  const call = callOf(request, await readWhole(request))
  calls.push(call)
  const reply = signedRight(call) ? answer(call) : UNSIGNED
  if (reply === 'drop') {
    request.socket.destroy()
    return call
  }
  response.writeHead(reply.status ?? 200, { 'x-odps-request-id': 'R1', ...reply.headers })
  response.end(reply.body ?? '')
  return call
}

const UNSIGNED: Reply = {
  status: 401,
  body: JSON.stringify({
    Code: 'AuthorizationRequired',
    Message: 'The request authorization header is invalid or missing.',
  }),
}

async function readWhole(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return null
  }
  return request.complete ? Buffer.concat(chunks) : null
}

function callOf(request: IncomingMessage, body: Buffer | null): Call {
  const url = new URL(request.url ?? '', 'http://h')
  return {
    method: request.method ?? '',
    path: decodeURIComponent(url.pathname).replace(/^\/api(?=\/)/, ''),
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body,
  }
}

function signedRight({ method, path, query, headers }: Call): boolean {
  const plain = Object.fromEntries(
    Object.entries(headers).filter(
      (header): header is [string, string] => typeof header[1] === 'string',
    ),
  )
  const expected = signV1({ method, resource: path, query, headers: plain }, KEYS)
  return headers.authorization === expected
}
