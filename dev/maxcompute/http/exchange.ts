import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

import { ServiceError } from '../service-error.ts'
import { readTarget } from './signature.ts'
import { document, text, element } from './xml.ts'

/** Bodies other than blocks: SQL and small documents. */
const SMALL_BODY_BYTES_MAX = 16 * 1024 * 1024

const TUNNEL_PARAMETERS = ['uploads', 'uploadid', 'downloads', 'downloadid', 'upsertid', 'streams']

/** One request and its reply. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The request's body; fault hooks put something in front of it. */
  body: Readable
  readonly requestId: string
  readonly method: string
  /** Decoded path segments without `/api`. */
  readonly segments: readonly string[]
  readonly parameters: ReadonlyMap<string, string>

  constructor(request: IncomingMessage, response: ServerResponse, requestId: string) {
    this.request = request
    this.body = request
    this.response = response
    this.requestId = requestId
    this.method = request.method ?? 'GET'
    const { path, parameters } = readTarget(request.url ?? '/')
    const segments = path.split('/').filter((s) => s !== '')
    this.segments = segments[0] === 'api' ? segments.slice(1) : segments
    this.parameters = parameters
    response.setHeader('x-odps-request-id', requestId)
  }

  /** Tunnel requests are answered in JSON when they fail, REST requests in XML. */
  get isTunnel(): boolean {
    const last = this.segments.at(-1)
    if (last === 'preview' || last === 'streams' || last === 'upserts') return true
    return TUNNEL_PARAMETERS.some((name) => this.parameters.has(name))
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name]
    return Array.isArray(value) ? value.join(',') : value
  }

  parameter(name: string): string {
    const value = this.parameters.get(name)
    if (value !== undefined) return value
    throw new ServiceError('InvalidArgument', `the query parameter ${name} is missing`)
  }

  isTrue(name: string): boolean {
    return this.parameters.get(name)?.toLowerCase() === 'true'
  }

  async smallBody(): Promise<string> {
    const pieces: Buffer[] = []
    let bytes = 0
    for await (const piece of this.request as AsyncIterable<Buffer>) {
      bytes += piece.byteLength
      if (bytes > SMALL_BODY_BYTES_MAX) {
        throw new ServiceError('InvalidArgument', `the body exceeds ${SMALL_BODY_BYTES_MAX} bytes`)
      }
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('utf8')
  }

  json(value: unknown, status = 200): void {
    this.send(status, 'application/json', JSON.stringify(value))
  }

  xml(root: string, headers: Readonly<Record<string, string>> = {}, status = 200): void {
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value)
    this.send(status, 'application/xml', document(root))
  }

  text(body: string): void {
    this.send(200, 'text/plain', body)
  }

  empty(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.response.writeHead(status, { ...headers, 'content-length': '0' }).end()
  }

  fail(status: number, code: string, message: string): void {
    if (this.response.headersSent) {
      // A cut reply must not look complete.
      this.response.destroy()
      return
    }
    this.response.removeHeader('content-encoding')
    const hostId = 'localhost'
    if (this.isTunnel) {
      this.json({ Code: code, Message: message, RequestId: this.requestId, HostId: hostId }, status)
      return
    }
    const parts = [text('Code', code), text('Message', message)]
    parts.push(text('RequestId', this.requestId), text('HostId', hostId))
    this.xml(element('Error', parts.join('')), {}, status)
  }

  private send(status: number, type: string, body: string): void {
    const bytes = Buffer.from(body, 'utf8')
    this.response.writeHead(status, { 'content-type': type, 'content-length': bytes.byteLength })
    this.response.end(bytes)
  }
}
