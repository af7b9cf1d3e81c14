/**
 * A record's headers as a JSON object, in their order: `{"trace":"a1","tag":["x","y"]}`.
 *
 * A key that occurs more than once has an array of its values. A value that is not text of the header
 * encoding becomes `{"$base64":"…"}`, so that nothing is lost. No headers: `{}`.
 *
 *   header = varint(key length) key varint(value length, -1: null) value      (zigzag varints)
 */
import type { Decoder } from './transcode.ts'

/** Throws a RangeError when the headers do not parse: the scanner has checked them before. */
export function headersJson(
  data: Uint8Array,
  start: number,
  count: number,
  decoder: Decoder,
): string {
  if (count === 0) return '{}'
  const cursor = { data, at: start }
  const values = new Map<string, string[]>()
  for (let i = 0; i < count; i++) {
    const key = decodeKey.decode(take(cursor, varint(cursor)))
    const length = varint(cursor)
    const json = length < 0 ? 'null' : valueJson(take(cursor, length), decoder)
    const known = values.get(key)
    if (known === undefined) values.set(key, [json])
    else known.push(json)
  }
  const members = [...values].map(([key, all]) => {
    return `${JSON.stringify(key)}:${all.length === 1 ? all[0]! : `[${all.join(',')}]`}`
  })
  return `{${members.join(',')}}`
}

function valueJson(bytes: Uint8Array, decoder: Decoder): string {
  try {
    return JSON.stringify(decoder.decode(bytes))
  } catch {
    return `{"$base64":"${Buffer.from(bytes).toString('base64')}"}`
  }
}

/** Keys are text by Kafka's own rule. */
const decodeKey = new TextDecoder('utf-8', { ignoreBOM: true })

interface Cursor {
  readonly data: Uint8Array
  at: number
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length
  if (length < 0 || end > cursor.data.length) throw new RangeError('record headers do not parse')
  const bytes = cursor.data.subarray(cursor.at, end)
  cursor.at = end
  return bytes
}

function varint(cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = cursor.data[cursor.at++]
    if (byte === undefined) break
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
  }
  throw new RangeError('record headers do not parse')
}
