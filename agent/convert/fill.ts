/** Fills one column of a window from one kind of source. Rows that are dirty already are passed over. */
import { StringTarget } from './bytes-target.ts'
import { headersJson } from './headers-json.ts'
import type { FieldType } from './mapping.ts'
import { floatText } from './number-text.ts'
import { type RowWindow, type TextSpans, WINDOW_ROWS_MAX } from './row-window.ts'
import { highOf, lowOf, type Reason, type Target } from './target.ts'
import type { Decoder } from './transcode.ts'

export interface SpanRules {
  /** Text; otherwise bytes that nothing is known of. */
  readonly isText: boolean
  readonly emptyAsNull: boolean
}

/** Text or bytes. Into STRING, VARCHAR, CHAR and BINARY they go as spans, without a look at the bytes. */
export function fillSpans(
  window: RowWindow,
  spans: TextSpans,
  target: Target,
  rules: SpanRules,
): void {
  const { dirty, count } = window
  target.begin(spans.data)
  const one = (row: number): void => {
    if (dirty.flags[row] === 1) return
    const reason = spanValue(spans, row, target, rules)
    if (reason !== null) dirty.mark(row, target.name, reason)
  }
  if (target instanceof StringTarget) {
    // Null is a length of -1; so rows shorter than this need a look.
    target.setSpans(spans, count, rules.emptyAsNull ? 1 : 0, one)
  } else for (let row = 0; row < count; row++) one(row)
}

function spanValue(spans: TextSpans, row: number, target: Target, rules: SpanRules): Reason {
  const length = spans.lengths[row]!
  if (length < 0 || (length === 0 && rules.emptyAsNull)) return target.setNull(row)
  const start = spans.starts[row]!
  return rules.isText
    ? target.setText(row, spans.data, start, length)
    : target.setBytes(row, spans.data, start, length)
}

/** One text for every row. */
export function constantSpans(text: string): TextSpans {
  const data = new TextEncoder().encode(text)
  return {
    data,
    starts: new Int32Array(WINDOW_ROWS_MAX),
    lengths: new Int32Array(WINDOW_ROWS_MAX).fill(data.length),
  }
}

/** The attributes that are numbers. A record without a timestamp has -1, which becomes NULL. */
export function fillAttribute(
  window: RowWindow,
  attribute: 'partition' | 'offset' | 'timestamp',
  target: Target,
): void {
  const { spans, from, count, dirty } = window
  target.begin(spans.data)
  for (let row = 0; row < count; row++) {
    if (dirty.flags[row] === 1) continue
    let reason: Reason
    if (attribute === 'partition') reason = target.setLong(row, spans.topicPartition, 0)
    else {
      const values = attribute === 'offset' ? spans.offsets : spans.timestampsMs
      const value = values[from + row]!
      reason =
        value === -1 && attribute === 'timestamp'
          ? target.setNull(row)
          : target.setLong(row, lowOf(value), highOf(value))
    }
    if (reason !== null) dirty.mark(row, target.name, reason)
  }
}

/** Bytes of the number types, as Kafka's own serializers write them: big endian. */
const NUMBER_BYTES: Readonly<Record<Exclude<FieldType, 'string' | 'bytearray'>, number>> = {
  double: 8,
  float: 4,
  integer: 4,
  long: 8,
  short: 2,
}

/** A key or a value by its declared type. */
export function fillTyped(
  window: RowWindow,
  spans: TextSpans,
  target: Target,
  type: FieldType,
  emptyAsNull: boolean,
): void {
  if (type === 'string' || type === 'bytearray') {
    return fillSpans(window, spans, target, { isText: type === 'string', emptyAsNull })
  }
  const { dirty, count } = window
  const { data } = spans
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  target.begin(data)
  for (let row = 0; row < count; row++) {
    if (dirty.flags[row] === 1) continue
    const length = spans.lengths[row]!
    const start = spans.starts[row]!
    let reason: Reason
    if (length < 0) reason = target.setNull(row)
    else if (length !== NUMBER_BYTES[type]) {
      reason = `${length} bytes cannot be read as ${type}, which has ${NUMBER_BYTES[type]}`
    } else reason = setNumber(target, row, view, start, type)
    if (reason !== null) dirty.mark(row, target.name, reason)
  }
}

function setNumber(
  target: Target,
  row: number,
  view: DataView,
  start: number,
  type: Exclude<FieldType, 'string' | 'bytearray'>,
): Reason {
  switch (type) {
    case 'long':
      return target.setLong(row, view.getInt32(start + 4), view.getInt32(start))
    case 'integer': {
      const value = view.getInt32(start)
      return target.setLong(row, value, value >> 31)
    }
    case 'short': {
      const value = view.getInt16(start)
      return target.setLong(row, value, value >> 31)
    }
    case 'float': {
      const value = view.getFloat32(start)
      return target.setDouble(row, value, () => floatText(value))
    }
    case 'double':
    default: {
      const value = view.getFloat64(start)
      return target.setDouble(row, value, () => String(value))
    }
  }
}

/** The headers as text of a JSON object. */
export function headersFill(decoder: Decoder, target: Target): (window: RowWindow) => void {
  return ({ spans, from, count, dirty }) => {
    target.begin(spans.data)
    for (let row = 0; row < count; row++) {
      if (dirty.flags[row] === 1) continue
      const json = headersJson(spans, from + row, decoder)
      const bytes = Buffer.from(json, 'utf8')
      const reason = target.setText(row, bytes, 0, bytes.length)
      if (reason !== null) dirty.mark(row, target.name, reason)
    }
  }
}
