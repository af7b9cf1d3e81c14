/**
 * HTTP over node:http and node:https, with what a long upload needs of it.
 *
 * H1. A request body that breaks off destroys the socket before the terminating chunk: the server never sees a whole body.
 * H2. Every phase has a limit of its own: connecting, sending (no progress), waiting for the answer, reading (no progress).
 *     Waiting for the body's source is not limited here: it is not the network's fault.
 * H3. An answer that comes before the body has been sent ends the sending. Such an answer never counts as success (`bodySent`).
 * H4. Nothing is retried here.
 * H5. Chunks of a body that are there one right after the other leave together, from GATHER_BYTES on; what is there is never
 *     held back while the source is waited for.
 */

import * as http from 'node:http'
import * as https from 'node:https'

import { type ClientCode, fromUnknown, MaxComputeError } from './errors.ts'

export interface HttpLimits {
  readonly connectMs: number
  /** No progress while sending or reading. */
  readonly idleMs: number
}

export const HTTP_LIMITS: HttpLimits = { connectMs: 30_000, idleMs: 120_000 }

/** The longest wait for an answer, unless the request says otherwise. */
export const ANSWER_MS_MAX = 120_000

/** Idle connections kept to one host; more are closed. */
const FREE_SOCKETS_MAX = 8

/** Connections to one host at the same time. */
const SOCKETS_MAX = 64

/** What of a streamed body is there at once. One step of the stream costs more than sending a small chunk. */
export type BodyChunks = readonly Uint8Array[]

export type RequestBody = Uint8Array | AsyncIterable<BodyChunks> | null

export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody
  /** Told how many bytes of a streamed body the socket has taken: their memory is not looked at any more. */
  readonly onBodyTaken?: ((byteCount: number) => void) | undefined
  /** A pooled connection may be dead without our knowing; requests that must not be in doubt take a new one. */
  readonly freshConnection: boolean
  readonly answerMsMax: number
  readonly signal: AbortSignal | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** false: the answer came before the whole request body had been sent (H3). */
  readonly bodySent: boolean
  /** To be read to its end, or returned early, which closes the connection. */
  readonly body: AsyncIterable<Uint8Array>
}

export interface TlsOptions {
  /** Certificates to trust besides the system's, PEM. */
  readonly ca?: string
}

export class HttpClient {
  readonly #limits: HttpLimits
  readonly #tls: TlsOptions
  readonly #http: http.Agent
  readonly #https: https.Agent

  constructor(limits: HttpLimits = HTTP_LIMITS, tls: TlsOptions = {}) {
    const pool = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: FREE_SOCKETS_MAX }
    this.#limits = limits
    this.#tls = tls
    this.#http = new http.Agent(pool)
    this.#https = new https.Agent({ ...pool, ...tls })
  }

  /** Sends, and resolves when the answer's headers are there. Rejects with a `MaxComputeError`, or with what the body's source threw. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const where = `${request.method} ${withoutQuery(request.url)}`
    return new Exchange(this.#open(request), request, this.#limits, where).response()
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #open(request: HttpRequest): http.ClientRequest {
    const secure = request.url.startsWith('https:')
    const pooled = secure ? this.#https : this.#http
    const options: https.RequestOptions = {
      method: request.method,
      headers: { ...request.headers, ...lengthHeader(request) },
      agent: request.freshConnection ? false : pooled,
      ...(secure ? this.#tls : {}),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    }
    try {
      return (secure ? https : http).request(request.url, options)
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      throw new MaxComputeError(
        'InvalidConfiguration',
        `${request.url} cannot be requested: ${why}`,
        {
          cause: thrown,
        },
      )
    }
  }
}

function lengthHeader({ method, body }: HttpRequest): Record<string, string> {
  if (body instanceof Uint8Array) return { 'Content-Length': String(body.length) }
  if (body !== null) return { 'Transfer-Encoding': 'chunked' }
  return method === 'GET' ? {} : { 'Content-Length': '0' }
}

/** Queries may hold partition values; the path says enough. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? url
}

/** What goes to the socket at once, if it is there at once (H5); the chunks of one step stay together. */
const GATHER_BYTES = 512 * 1024

/** One request and its answer. */
class Exchange {
  readonly #request: http.ClientRequest
  readonly #body: RequestBody
  readonly #answerMsMax: number
  readonly #limits: HttpLimits
  readonly #signal: AbortSignal | undefined
  readonly #where: string
  readonly #answer = Promise.withResolvers<HttpResponse>()
  /** Ends the wait under way: sending has become pointless by an answer, an error, an abort. */
  #stopWaiting: (() => void) | null = null
  #over = false
  #bodySent = false
  #timer: NodeJS.Timeout | undefined
  readonly #onBodyTaken: ((byteCount: number) => void) | undefined
  #bodyBytes = 0
  /** Of the chunks written since the last flush (H5). */
  #gatheredBytes = 0
  #flushSoon: NodeJS.Immediate | undefined

  constructor(
    request: http.ClientRequest,
    { body, onBodyTaken, answerMsMax, signal }: HttpRequest,
    limits: HttpLimits,
    where: string,
  ) {
    this.#request = request
    this.#body = body
    this.#onBodyTaken = onBodyTaken
    this.#answerMsMax = answerMsMax
    this.#limits = limits
    this.#signal = signal
    this.#where = where
  }

  response(): Promise<HttpResponse> {
    const request = this.#request
    request.on('error', (error) => {
      this.#fail(error)
    })
    request.on('response', (incoming) => {
      this.#answered(incoming)
    })
    this.#limit(this.#limits.connectMs, 'ConnectTimeout', 'no connection within')
    request.on('socket', (socket) => {
      if (!socket.connecting) return this.#connected()
      const event = 'encrypted' in socket ? 'secureConnect' : 'connect'
      socket.once(event, () => {
        this.#connected()
      })
    })
    const { promise } = this.#answer
    void this.#sendBody()
    return promise
  }

  #connected(): void {
    if (this.#bodySent) this.#awaitAnswer()
    else clearTimeout(this.#timer)
  }

  async #sendBody(): Promise<void> {
    const body = this.#body
    if (body === null || body instanceof Uint8Array) {
      this.#endBody(body ?? undefined)
      return
    }
    const source = body[Symbol.asyncIterator]()
    let sourceEnded = false
    try {
      while (!this.#over) {
        const next = await this.#orStopped(source.next())
        if (next === 'stopped') break
        if (next.done === true) {
          sourceEnded = true
          this.#endBody()
          return
        }
        await this.#write(next.value)
      }
    } catch (error) {
      sourceEnded = true
      // H1: the socket goes first. The caller gets its own error back, unchanged.
      this.#settle(() => {
        this.#answer.reject(error)
      })
      this.#request.destroy()
    } finally {
      if (!sourceEnded) void Promise.resolve(source.return?.()).catch(() => undefined)
    }
  }

  #endBody(last?: Uint8Array): void {
    this.#bodySent = true
    this.#flush()
    this.#request.end(last)
    if (this.#request.socket?.connecting === false) this.#awaitAnswer()
  }

  #awaitAnswer(): void {
    if (!this.#over) this.#limit(this.#answerMsMax, 'ResponseTimeout', 'no answer within')
  }

  async #write(chunks: BodyChunks): Promise<void> {
    // What was gathered left by itself, while the source was waited for.
    if (this.#gatheredBytes === 0) await this.#passedOn()
    if (this.#over) return
    for (const chunk of chunks) this.#gather(chunk)
    if (this.#gatheredBytes < GATHER_BYTES) return
    this.#flush()
    await this.#passedOn()
  }

  /** Resolves when the socket takes more. */
  async #passedOn(): Promise<void> {
    if (this.#request.writableNeedDrain) await this.#drained()
    if (this.#request.socket?.writableLength === 0) this.#onBodyTaken?.(this.#bodyBytes)
  }

  #gather(chunk: Uint8Array): void {
    if (chunk.length === 0) return // it would be the terminating one
    if (this.#gatheredBytes === 0) {
      this.#request.cork()
      this.#flushSoon = setImmediate(() => this.#flush())
    }
    this.#request.write(chunk)
    this.#gatheredBytes += chunk.length
    this.#bodyBytes += chunk.length
  }

  /** H5. Uncorked alone, the request hands its parts to the socket one by one. */
  #flush(): void {
    if (this.#gatheredBytes === 0) return
    clearImmediate(this.#flushSoon)
    this.#gatheredBytes = 0
    const { socket } = this.#request
    socket?.cork()
    this.#request.uncork()
    socket?.uncork()
  }

  async #drained(): Promise<void> {
    if (this.#request.socket?.connecting === false) {
      this.#limit(this.#limits.idleMs, 'IdleTimeout', 'the service took no data for')
    }
    const drained = Promise.withResolvers<void>()
    this.#request.once('drain', drained.resolve)
    await this.#orStopped(drained.promise)
    this.#request.off('drain', drained.resolve)
    if (!this.#over && this.#request.socket?.connecting === false) clearTimeout(this.#timer)
  }

  /**
   * The promise, or 'stopped' as soon as sending is over. Not a race with one lasting promise: that would
   * hold every chunk that it ever raced with, and so the whole block, until the end.
   */
  async #orStopped<T>(promise: Promise<T>): Promise<T | 'stopped'> {
    if (this.#over) {
      promise.catch(() => undefined)
      return 'stopped'
    }
    const wait = Promise.withResolvers<T | 'stopped'>()
    this.#stopWaiting = () => wait.resolve('stopped')
    promise.then(wait.resolve, wait.reject)
    return wait.promise
  }

  #answered(incoming: http.IncomingMessage): void {
    const bodySent = this.#bodySent
    this.#settle(() => {
      this.#answer.resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        bodySent,
        body: this.#read(incoming, bodySent),
      })
    })
  }

  async *#read(incoming: http.IncomingMessage, bodySent: boolean): AsyncGenerator<Uint8Array> {
    const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    let ended = false
    try {
      for (;;) {
        const timer = setTimeout(() => {
          incoming.destroy(this.#timeout('IdleTimeout', 'no data for', this.#limits.idleMs))
        }, this.#limits.idleMs)
        const next = await chunks.next().finally(() => {
          clearTimeout(timer)
        })
        if (next.done === true) break
        yield next.value
      }
      ended = true
    } catch (thrown) {
      throw this.#error(thrown)
    } finally {
      // Half a request or half an answer makes the connection useless (H3).
      if (!ended || !bodySent) this.#request.destroy()
    }
  }

  #fail(thrown: unknown): void {
    this.#settle(() => {
      this.#answer.reject(this.#error(thrown))
    })
  }

  #settle(how: () => void): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    clearImmediate(this.#flushSoon)
    how()
    this.#stopWaiting?.()
  }

  #limit(ms: number, code: ClientCode, what: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#request.destroy(this.#timeout(code, what, ms))
    }, ms)
  }

  #timeout(code: ClientCode, what: string, ms: number): MaxComputeError {
    const message = `${this.#where}: ${what} ${Math.round(ms / 1000)} s: check network, firewall and endpoint`
    return new MaxComputeError(code, message, {
      reached: code === 'ConnectTimeout' ? 'no' : 'maybe',
    })
  }

  #error(thrown: unknown): MaxComputeError {
    if (this.#signal?.aborted === true && !(thrown instanceof MaxComputeError)) {
      return new MaxComputeError('Aborted', `${this.#where}: stopped by the caller`, {
        cause: this.#signal.reason,
        reached: 'maybe',
      })
    }
    return fromUnknown(thrown, this.#where)
  }
}

/** The whole body. Throws ResponseTooLarge beyond `bytesMax`. */
export async function readBody(
  response: HttpResponse,
  bytesMax: number,
  where: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    if (length > bytesMax) {
      throw new MaxComputeError(
        'ResponseTooLarge',
        `${where}: the answer exceeds ${bytesMax} bytes`,
        {
          reached: 'yes',
        },
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
