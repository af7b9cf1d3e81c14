import type { RecordSpans } from './record-spans.ts'
import { headersOf } from './scanner.ts'

/** A record as an object of its own: for previews and tests, never for the data path. */
export interface PlainRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, Buffer | null])[]
}

/** Copies every record of the spans. */
export function collectRecords(spans: RecordSpans): PlainRecord[] {
  const copy = (start: number | undefined, length: number | undefined): Buffer | null =>
    start === undefined || length === undefined || length < 0
      ? null
      : Buffer.from(spans.data.subarray(start, start + length))
  return Array.from({ length: spans.count }, (_, i) => ({
    offset: spans.offsets[i] ?? -1,
    timestampMs: spans.timestampsMs[i] ?? -1,
    key: copy(spans.keyStarts[i], spans.keyLengths[i]),
    value: copy(spans.valueStarts[i], spans.valueLengths[i]),
    headers: headersOf(spans, i).map(
      ({ keyStart, keyLength, valueStart, valueLength }) =>
        [String(copy(keyStart, keyLength)), copy(valueStart, valueLength)] as const,
    ),
  }))
}
