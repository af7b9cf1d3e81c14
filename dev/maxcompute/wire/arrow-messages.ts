import { Message, MessageHeader } from 'apache-arrow'

import { BlockError } from './block-error.ts'

/**
 *     payload = message*
 *     message = ff ff ff ff, int32LE metadata length, metadata (flatbuffer), body
 *
 * Only RecordBatch messages: both sides derive the schema from the session.
 */
const PREFIX_BYTES = 8
const CONTINUATION = -1
/** Bounds on what one message makes the reader hold. */
const METADATA_BYTES_MAX = 16 * 1024 * 1024
const BODY_BYTES_MAX = 512 * 1024 * 1024

export interface BatchHeader {
  readonly rowCount: number
  readonly bodyBytes: number
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[]
  readonly buffers: readonly { readonly offset: number; readonly length: number }[]
}

/** Cuts a payload into messages. Bodies are gathered unless `skipsBodies`; then they are empty. */
export class ArrowMessageReader {
  private target: Uint8Array = new Uint8Array(PREFIX_BYTES)
  private filled = 0
  private toSkip = 0
  private state: 'prefix' | 'metadata' | 'body' = 'prefix'
  private header: BatchHeader | null = null
  private readonly skipsBodies: boolean
  private readonly receive: (header: BatchHeader, body: Uint8Array) => void

  constructor(
    receive: (header: BatchHeader, body: Uint8Array) => void,
    options: { skipsBodies: boolean },
  ) {
    this.receive = receive
    this.skipsBodies = options.skipsBodies
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.byteLength;) {
      const skipped = Math.min(this.toSkip, piece.byteLength - at)
      this.toSkip -= skipped
      at += skipped
      const part = piece.subarray(at, at + this.target.byteLength - this.filled)
      this.target.set(part, this.filled)
      this.filled += part.byteLength
      at += part.byteLength
      if (this.toSkip === 0 && this.filled === this.target.byteLength) this.next()
    }
  }

  end(): void {
    if (this.state === 'prefix' && this.filled === 0 && this.toSkip === 0) return
    throw new BlockError('IncompleteBody', 'Arrow block: the payload ends inside a message')
  }

  private next(): void {
    switch (this.state) {
      case 'prefix':
        this.expect('metadata', metadataLength(this.target))
        return
      case 'metadata':
        this.header = batchHeader(this.target)
        if (this.header.bodyBytes > 0 && !this.skipsBodies) {
          this.expect('body', this.header.bodyBytes)
          return
        }
        this.toSkip = this.header.bodyBytes
        this.endBody(new Uint8Array(0))
        return
      case 'body':
        this.endBody(this.target)
    }
  }

  private endBody(body: Uint8Array): void {
    if (this.header !== null) this.receive(this.header, body)
    this.header = null
    this.expect('prefix', PREFIX_BYTES)
  }

  private expect(state: 'prefix' | 'metadata' | 'body', bytes: number): void {
    this.state = state
    this.target = new Uint8Array(bytes)
    this.filled = 0
  }
}

function metadataLength(prefix: Uint8Array): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength)
  const length = view.getInt32(4, true)
  if (view.getInt32(0, true) !== CONTINUATION) {
    throw malformed('a message does not begin with ffffffff')
  }
  if (length <= 0) throw malformed('an end-of-stream marker stands in the payload')
  if (length > METADATA_BYTES_MAX) throw malformed(`a message has ${length} bytes of metadata`)
  return length
}

function batchHeader(metadata: Uint8Array): BatchHeader {
  let message: Message
  try {
    message = Message.decode(metadata)
  } catch (error) {
    throw malformed(`a message's metadata cannot be read: ${String(error)}`)
  }
  if (!message.isRecordBatch()) {
    throw malformed(`a ${MessageHeader[message.headerType]} message stands in the payload`)
  }
  const { bodyLength } = message
  if (bodyLength > BODY_BYTES_MAX) {
    throw malformed(`a record batch has ${bodyLength} bytes, the limit is ${BODY_BYTES_MAX}`)
  }
  const header = message.header()
  if (header.compression !== null) {
    throw malformed('a record batch is compressed: use Content-Encoding instead')
  }
  return {
    rowCount: header.length,
    bodyBytes: bodyLength,
    nodes: header.nodes.map((n) => ({ length: n.length, nullCount: n.nullCount })),
    buffers: header.buffers.map((b) => ({ offset: b.offset, length: b.length })),
  }
}

function malformed(problem: string): BlockError {
  return new BlockError('MalformedDataStream', `Arrow block: ${problem}`)
}
