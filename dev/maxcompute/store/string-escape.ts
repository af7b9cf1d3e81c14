import { isUtf8 } from 'node:buffer'

/**
 * STRING values may hold bytes that are not UTF-8; DuckDB's VARCHAR may not. So that STRING columns can still be
 * VARCHAR, and SQL sees ordinary text, a value that is not UTF-8 is stored with each offending byte 0x80..0xFF as
 * the character U+10FF80..U+10FFFF (the end of a private-use plane).
 *
 * E1. A value that is UTF-8 and has none of these characters is stored as it is.
 * E2. The mapping is one to one: a true U+10FF80..U+10FFFF in a value is escaped byte by byte too.
 */
const ESCAPE_LEAD = Buffer.from([0xf4, 0x8f])
const ESCAPE_BYTES = 4
/** Up to here a loop over the bytes is faster than a call to look for non-ASCII ones. */
const LOOP_BYTES_MAX = 192

/** The bytes to store for `data[start..end)`: a view of `data` when nothing needs an escape. */
export function escapeText(data: Uint8Array, start: number, end: number): Uint8Array {
  const view = data.subarray(start, end)
  return needsEscape(data, start, end, view) ? escapeBytes(view) : view
}

/** Whether the bytes are plain ASCII, as far as it is cheap to say so. */
export function isShortAscii(data: Uint8Array, start: number, end: number): boolean {
  if (end - start > LOOP_BYTES_MAX) return false
  let all = 0
  for (let i = start; i < end; i += 1) all |= data[i] as number
  return all < 0x80
}

/** The bytes that were given to `escapeText`. */
export function unescapeText(stored: Uint8Array): Uint8Array {
  const at = Buffer.prototype.indexOf.call(stored, ESCAPE_LEAD)
  if (at < 0) return stored
  const out = Buffer.allocUnsafe(stored.byteLength)
  let length = 0
  for (let i = 0; i < stored.byteLength;) {
    if (isEscape(stored, i)) {
      out[length] =
        0x80 | (((stored[i + 2] as number) & 1) << 6) | ((stored[i + 3] as number) & 0x3f)
      i += ESCAPE_BYTES
    } else {
      out[length] = stored[i] as number
      i += 1
    }
    length += 1
  }
  return out.subarray(0, length)
}

function needsEscape(data: Uint8Array, start: number, end: number, view: Uint8Array): boolean {
  if (isShortAscii(data, start, end)) return false
  return !isUtf8(view) || hasEscape(view)
}

function hasEscape(bytes: Uint8Array): boolean {
  let at = Buffer.prototype.indexOf.call(bytes, ESCAPE_LEAD)
  while (at >= 0) {
    if (isEscape(bytes, at)) return true
    at = Buffer.prototype.indexOf.call(bytes, ESCAPE_LEAD, at + 1)
  }
  return false
}

/** U+10FF80..U+10FFFF is F4 8F BE|BF 80..BF. */
function isEscape(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0xf4 &&
    bytes[at + 1] === 0x8f &&
    ((bytes[at + 2] ?? 0) & 0xfe) === 0xbe &&
    ((bytes[at + 3] ?? 0) & 0xc0) === 0x80
  )
}

function escapeBytes(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.byteLength * ESCAPE_BYTES)
  let length = 0
  for (let i = 0; i < bytes.byteLength;) {
    const size = isEscape(bytes, i) ? 0 : sequenceLength(bytes, i)
    if (size > 0) {
      for (let k = 0; k < size; k += 1) out[length + k] = bytes[i + k] as number
      length += size
      i += size
      continue
    }
    const byte = bytes[i] as number
    out[length] = 0xf4
    out[length + 1] = 0x8f
    out[length + 2] = 0xbe | ((byte >> 6) & 1)
    out[length + 3] = 0x80 | (byte & 0x3f)
    length += ESCAPE_BYTES
    i += 1
  }
  return out.subarray(0, length)
}

/** How many bytes the well-formed UTF-8 sequence at `at` has; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
  if (size === 0 || at + size > bytes.byteLength) return 0
  return isUtf8(bytes.subarray(at, at + size)) ? size : 0
}
