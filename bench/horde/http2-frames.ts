/**
 * HTTP/2 frames (RFC 9113), as few kinds of them as gRPC's calls need, without any state.
 *
 *   connection = PREFACE, SETTINGS, frames
 *   frame      = length (3 bytes), kind (1), flags (1), stream (4), payload
 *   HEADERS    = fields, each: 0x00, name, value (HPACK: a literal that no table remembers)
 *   name, value = length (1 byte, below 127: not Huffman coded), characters
 */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
export const HEADER_BYTES = 9
/** What both ends take before they agree upon more, and we never do. */
const PAYLOAD_BYTES_MAX = 16_384
const STRING_CHARS_MAX = 126

export const KIND = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  windowUpdate: 8,
} as const
/** Of DATA and HEADERS. */
export const END_STREAM = 0x01
/** Of SETTINGS and PING. */
const ACK = 0x01
const END_HEADERS = 0x04
/** Of DATA. */
const PADDED = 0x08
const ENABLE_PUSH = 2
const INITIAL_WINDOW_SIZE = 4

export interface Frame {
  readonly kind: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** What a client says first; it wants no pushes. */
export function clientPreface(): Buffer {
  const settings = Buffer.alloc(6)
  settings.writeUInt16BE(ENABLE_PUSH, 0)
  return Buffer.concat([PREFACE, frame(KIND.settings, 0, 0, settings)])
}

export function settingsAck(): Buffer {
  return frame(KIND.settings, ACK, 0, Buffer.alloc(0))
}

export function pingAck(payload: Buffer): Buffer {
  return frame(KIND.ping, ACK, 0, payload)
}

export function windowUpdate(stream: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(bytes, 0)
  return frame(KIND.windowUpdate, 0, stream, payload)
}

/** Opens a stream. @throws RangeError when a field is too long for one byte of length */
export function headers(stream: number, fields: readonly (readonly [string, string])[]): Buffer {
  const block = Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]),
  )
  return frame(KIND.headers, END_HEADERS, stream, block)
}

/** One message of gRPC's, in as many frames as it takes. */
export function grpcMessage(stream: number, message: Uint8Array): Buffer[] {
  const body = Buffer.allocUnsafe(5 + message.length)
  body[0] = 0 // not compressed
  body.writeUInt32BE(message.length, 1)
  body.set(message, 5)
  const frames: Buffer[] = []
  for (let at = 0; at < body.length; at += PAYLOAD_BYTES_MAX) {
    frames.push(frame(KIND.data, 0, stream, body.subarray(at, at + PAYLOAD_BYTES_MAX)))
  }
  return frames
}

/** The client has said everything on this stream. */
export function endOfStream(stream: number): Buffer {
  return frame(KIND.data, END_STREAM, stream, Buffer.alloc(0))
}

/** The frame that begins here; null: not all of it is there yet. @throws RangeError when it is not allowed */
export function readFrame(bytes: Buffer, at: number): Frame | null {
  if (bytes.length - at < HEADER_BYTES) return null
  const length = bytes.readUIntBE(at, 3)
  if (length > PAYLOAD_BYTES_MAX) throw new RangeError(`a frame of ${length} bytes`)
  const payloadAt = at + HEADER_BYTES
  if (bytes.length - payloadAt < length) return null
  const kind = bytes[at + 3]!
  const flags = bytes[at + 4]!
  if (kind === KIND.data && (flags & PADDED) !== 0) throw new RangeError('a padded frame')
  const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff
  return { kind, flags, stream, payload: bytes.subarray(payloadAt, payloadAt + length) }
}

/** Bytes that the frame took. */
export function frameBytes({ payload }: Frame): number {
  return HEADER_BYTES + payload.length
}

export function isAck({ flags }: Frame): boolean {
  return (flags & ACK) !== 0
}

/** What a SETTINGS frame says of it; null: nothing. */
export function initialWindowBytes({ payload }: Frame): number | null {
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    if (payload.readUInt16BE(at) === INITIAL_WINDOW_SIZE) return payload.readUInt32BE(at + 2)
  }
  return null
}

function frame(kind: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = kind
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

function text(characters: string): Buffer {
  if (characters.length > STRING_CHARS_MAX) {
    throw new RangeError(`a header field of ${characters.length} characters`)
  }
  return Buffer.concat([Buffer.from([characters.length]), Buffer.from(characters, 'latin1')])
}
