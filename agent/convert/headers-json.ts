/**
 * A record's headers as a JSON object, in their order: `{"trace":"a1","tag":["x","y"]}`.
 *
 * A key that occurs more than once has an array of its values. A value that is not text of the header
 * encoding becomes `{"$base64":"…"}`, so that nothing is lost. No headers: `{}`.
 */
import type { RecordSpans } from '../kafka/record-spans.ts'
import { headersOf } from '../kafka/scanner.ts'
import type { Decoder } from './transcode.ts'

/** Of the record `index`. */
export function headersJson(spans: RecordSpans, index: number, decoder: Decoder): string {
  if (spans.headerCounts[index] === 0) return '{}'
  const { data } = spans
  const values = new Map<string, string[]>()
  for (const { keyStart, keyLength, valueStart, valueLength } of headersOf(spans, index)) {
    const key = decodeKey.decode(data.subarray(keyStart, keyStart + keyLength))
    const value = data.subarray(valueStart, valueStart + valueLength)
    const json = valueLength < 0 ? 'null' : valueJson(value, decoder)
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
