/**
 * A gRPC call over a bare HTTP/2 session: what a horde needs of it, at a fraction of what a gRPC
 * channel costs. One message is one length-prefixed frame, as gRPC's wire format says.
 */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'

const PREFIX_BYTES = 5
/** Nothing that the control plane sends is nearly so long. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024

export interface CallEnd {
  /** gRPC's status; 14 (UNAVAILABLE) when the stream broke without one. */
  readonly status: number
  readonly message: string
}

export interface GrpcCallEvents {
  onMessage(message: Buffer): void
  /** Once, and nothing after it. */
  onEnd(end: CallEnd): void
}

const UNAVAILABLE = 14

export class GrpcStream {
  readonly #stream: ClientHttp2Stream
  readonly #events: GrpcCallEvents
  #rest: Buffer | null = null
  #end: CallEnd | null = null

  constructor(
    session: ClientHttp2Session,
    path: string,
    metadata: Readonly<Record<string, string>>,
    events: GrpcCallEvents,
  ) {
    this.#events = events
    this.#stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    })
    this.#stream.on('response', (headers) => this.#status(headers))
    this.#stream.on('trailers', (trailers) => this.#status(trailers))
    this.#stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    // The call is over, whatever this end still wanted to say.
    this.#stream.on('end', () => this.#stream.close())
    this.#stream.on('error', (error) => (this.#end ??= broken(error.message)))
    this.#stream.on('close', () => events.onEnd(this.#end ?? broken('the stream broke')))
  }

  write(message: Uint8Array): void {
    if (this.#stream.closed || this.#stream.destroyed) return
    const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
    framed[0] = 0
    framed.writeUInt32BE(message.length, 1)
    framed.set(message, PREFIX_BYTES)
    this.#stream.write(framed)
  }

  end(): void {
    this.#stream.end()
  }

  #status(headers: IncomingHttpHeaders): void {
    const status = headers['grpc-status']
    if (status === undefined) return
    const message = decodeURIComponent(String(headers['grpc-message'] ?? ''))
    this.#end = { status: Number(status), message }
  }

  #onData(chunk: Buffer): void {
    let data = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    while (data.length >= PREFIX_BYTES) {
      const length = data.readUInt32BE(1)
      if (data[0] !== 0 || length > MESSAGE_BYTES_MAX) {
        this.#stream.close()
        return
      }
      if (data.length < PREFIX_BYTES + length) break
      this.#events.onMessage(data.subarray(PREFIX_BYTES, PREFIX_BYTES + length))
      data = data.subarray(PREFIX_BYTES + length)
    }
    this.#rest = data.length === 0 ? null : data
  }
}

function broken(message: string): CallEnd {
  return { status: UNAVAILABLE, message }
}
