/**
 * gRPC calls over one connection: what a horde needs of HTTP/2, at a fraction of what an HTTP/2
 * session of Node costs in a process that has ten thousand of them.
 *
 * G1. Nothing is sent beyond the windows that the server gives; what has to wait is bounded.
 * G2. What is read is given back to the server's windows, half a window at a time.
 * G3. Headers of the server are not read: of its status a horde wants to know only that the call is over.
 */
import type { Socket } from 'node:net'

import {
  clientPreface,
  END_STREAM,
  endOfStream,
  frameBytes,
  grpcMessage,
  HEADER_BYTES,
  headers,
  initialWindowBytes,
  isAck,
  KIND,
  pingAck,
  readFrame,
  settingsAck,
  windowUpdate,
  type Frame,
} from './http2-frames.ts'

/** Of a connection, and of a stream before SETTINGS say otherwise. */
const WINDOW_BYTES = 65_535
/** Frames of a call that wait for its window. */
const HELD_MAX = 1024
const PREFIX_BYTES = 5
/** Nothing that the control plane sends is nearly so long. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

export interface GrpcCallEvents {
  onMessage(message: Buffer): void
  /** Once, and nothing after it. Not when the connection breaks. */
  onEnd(): void
}

export interface GrpcCall {
  write(message: Uint8Array): void
  end(): void
}

interface OpenCall {
  readonly events: GrpcCallEvents
  /** Bytes that the server still takes. */
  windowBytes: number
  /** G1 */
  readonly held: Buffer[]
  /** Of a message that is not there yet. */
  rest: Buffer
  readBytes: number
  /** By this end. */
  isEnded: boolean
}

export class GrpcConnection {
  readonly #socket: Socket
  readonly #authority: string
  readonly #calls = new Map<number, OpenCall>()
  #nextStream = 1
  #windowBytes = WINDOW_BYTES
  #callWindowBytes = WINDOW_BYTES
  #rest: Buffer = NOTHING
  #readBytes = 0

  /** Over a socket that may still shake hands. The socket's end is the caller's to notice. */
  constructor(socket: Socket, authority: string) {
    this.#socket = socket
    this.#authority = authority
    socket.cork() // preface, headers and first message are one record
    process.nextTick(() => socket.uncork())
    socket.write(clientPreface())
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes))
  }

  open(path: string, metadata: Readonly<Record<string, string>>, events: GrpcCallEvents): GrpcCall {
    const stream = this.#nextStream
    this.#nextStream += 2
    const call: OpenCall = {
      events,
      windowBytes: this.#callWindowBytes,
      held: [],
      rest: NOTHING,
      readBytes: 0,
      isEnded: false,
    }
    this.#calls.set(stream, call)
    const fields: [string, string][] = [
      [':method', 'POST'],
      [':scheme', 'https'],
      [':path', path],
      [':authority', this.#authority],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
    ]
    this.#socket.write(headers(stream, [...fields, ...Object.entries(metadata)]))
    return {
      write: (message) => {
        for (const frame of grpcMessage(stream, message)) this.#send(call, frame)
      },
      end: () => this.#end(stream, call),
    }
  }

  #end(stream: number, call: OpenCall): void {
    if (call.isEnded) return
    call.isEnded = true
    this.#send(call, endOfStream(stream))
  }

  /** G1 */
  #send(call: OpenCall, frame: Buffer): void {
    const bytes = frame.length - HEADER_BYTES
    if (call.held.length > 0 || bytes > Math.min(call.windowBytes, this.#windowBytes)) {
      if (call.held.length === HELD_MAX) this.#fail('the control plane reads nothing')
      else call.held.push(frame)
      return
    }
    call.windowBytes -= bytes
    this.#windowBytes -= bytes
    this.#socket.write(frame)
  }

  #onBytes(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    try {
      for (let frame = readFrame(all, at); frame !== null; frame = readFrame(all, at)) {
        at += frameBytes(frame)
        this.#onFrame(frame)
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return this.#fail(error.message)
    }
    this.#rest = at === all.length ? NOTHING : Buffer.from(all.subarray(at))
  }

  #onFrame(frame: Frame): void {
    switch (frame.kind) {
      case KIND.data:
        this.#onData(frame)
        break
      case KIND.settings:
        this.#onSettings(frame)
        break
      case KIND.ping:
        if (!isAck(frame)) this.#socket.write(pingAck(frame.payload))
        break
      case KIND.windowUpdate:
        this.#onWindow(frame)
        break
      case KIND.resetStream:
        return this.#ended(frame.stream)
      default: // G3, and of GOAWAY: calls that are open end by themselves
    }
    const canEnd = frame.kind === KIND.data || frame.kind === KIND.headers
    if (canEnd && (frame.flags & END_STREAM) !== 0) this.#ended(frame.stream)
  }

  #onData({ stream, payload }: Frame): void {
    this.#readBytes = this.#giveBack(0, this.#readBytes + payload.length)
    const call = this.#calls.get(stream)
    if (call === undefined) return
    call.readBytes = this.#giveBack(stream, call.readBytes + payload.length)
    let data = call.rest.length === 0 ? payload : Buffer.concat([call.rest, payload])
    while (data.length >= PREFIX_BYTES) {
      const length = data.readUInt32BE(1)
      if (data[0] !== 0 || length > MESSAGE_BYTES_MAX) {
        return this.#fail(`a message of ${length} bytes, compression ${data[0]}`)
      }
      if (data.length < PREFIX_BYTES + length) break
      call.events.onMessage(data.subarray(PREFIX_BYTES, PREFIX_BYTES + length))
      data = data.subarray(PREFIX_BYTES + length)
    }
    call.rest = data.length === 0 ? NOTHING : Buffer.from(data)
  }

  /** G2. What is still to be given back. */
  #giveBack(stream: number, readBytes: number): number {
    if (readBytes < WINDOW_BYTES / 2) return readBytes
    this.#socket.write(windowUpdate(stream, readBytes))
    return 0
  }

  #onSettings(frame: Frame): void {
    if (isAck(frame)) return
    const windowBytes = initialWindowBytes(frame)
    if (windowBytes !== null) {
      for (const call of this.#calls.values()) {
        call.windowBytes += windowBytes - this.#callWindowBytes
      }
      this.#callWindowBytes = windowBytes
    }
    this.#socket.write(settingsAck())
    this.#sendHeld()
  }

  #onWindow({ stream, payload }: Frame): void {
    const bytes = payload.readUInt32BE(0)
    const call = this.#calls.get(stream)
    if (stream === 0) this.#windowBytes += bytes
    else if (call !== undefined) call.windowBytes += bytes
    this.#sendHeld()
  }

  #sendHeld(): void {
    for (const call of this.#calls.values()) {
      if (call.held.length === 0) continue
      for (const frame of call.held.splice(0)) this.#send(call, frame)
    }
  }

  #ended(stream: number): void {
    const call = this.#calls.get(stream)
    if (call === undefined) return
    this.#calls.delete(stream)
    this.#end(stream, call)
    call.events.onEnd()
  }

  #fail(why: string): void {
    this.#socket.destroy(new Error(why))
  }
}
