/**
 * Walks over JSON text (RFC 8259) in bytes, without making a string or an object of it.
 *
 *   J1. What is accepted is exactly what `JSON.parse` accepts, but for nesting deeper than `JSON_DEPTH_MAX`,
 *       and for bytes of strings, which need not be UTF-8: they are passed on as they are.
 *   J2. No read goes beyond the end of the value.
 */

/** Deeper values are refused, so that a hostile record cannot exhaust the stack. */
export const JSON_DEPTH_MAX = 200

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const COLON = 0x3a
const MINUS = 0x2d
const ZERO = 0x30

/** A cursor over one value. Methods that answer false have set `problem`. */
export class JsonCursor {
  data: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  depth = 0
  /** What is wrong, for a person; without any of the value's text. */
  problem = ''
  /** Whether the string that was skipped last has a backslash. */
  escaped = false
  #start = 0

  reset(data: Uint8Array, start: number, length: number): void {
    this.data = data
    this.#start = start
    this.at = start
    this.end = start + length
    this.depth = 0
    this.problem = ''
    // A byte order mark is not JSON, but some producers write one.
    if (length >= 3 && data[start] === 0xef && data[start + 1] === 0xbb && data[start + 2] === 0xbf)
      this.at += 3
  }

  fail(what: string): false {
    this.problem = `not JSON: ${what} at byte ${this.at - this.#start}`
    return false
  }

  skipSpace(): void {
    const { data, end } = this
    let at = this.at
    while (at < end) {
      const byte = data[at]!
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
      at++
    }
    this.at = at
  }

  /** The byte at the cursor; -1 at the end. */
  peek(): number {
    return this.at < this.end ? this.data[this.at]! : -1
  }

  /** Over a whole value; the cursor must stand on its first byte. */
  skipValue(): boolean {
    const byte = this.peek()
    switch (byte) {
      case QUOTE:
        return this.skipString()
      case OPEN_BRACE:
        return this.skipObject()
      case OPEN_BRACKET:
        return this.skipArray()
      case 0x74:
        return this.#skipWord('true')
      case 0x66:
        return this.#skipWord('false')
      case 0x6e:
        return this.#skipWord('null')
      default:
        if (byte === MINUS || isDigit(byte)) return this.#skipNumber()
        return this.fail(byte === -1 ? 'the text ends' : 'unexpected character')
    }
  }

  /** Over a string with both quotes. Sets `escaped`. */
  skipString(): boolean {
    const { data, end } = this
    let at = this.at + 1
    this.escaped = false
    for (;;) {
      if (at >= end) {
        this.at = at
        return this.fail('a string is not closed')
      }
      const byte = data[at]!
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        this.escaped = true
        const length = escapeLength(data, at, end)
        if (length === 0) {
          this.at = at
          return this.fail('bad escape')
        }
        at += length
      } else if (byte < 0x20) {
        this.at = at
        return this.fail('control character in a string')
      } else at++
    }
    this.at = at + 1
    return true
  }

  skipObject(): boolean {
    if (!this.enter()) return false
    if (this.peek() === CLOSE_BRACE) return this.leave()
    for (;;) {
      if (!this.skipKey()) return false
      if (!this.skipValue()) return false
      if (!this.more(CLOSE_BRACE)) return this.problem === '' && this.leave()
    }
  }

  skipArray(): boolean {
    if (!this.enter()) return false
    if (this.peek() === CLOSE_BRACKET) return this.leave()
    for (;;) {
      if (!this.skipValue()) return false
      if (!this.more(CLOSE_BRACKET)) return this.problem === '' && this.leave()
    }
  }

  /** Over an opening bracket. */
  enter(): boolean {
    this.depth++
    if (this.depth > JSON_DEPTH_MAX) return this.fail(`nested deeper than ${JSON_DEPTH_MAX}`)
    this.at++
    this.skipSpace()
    return true
  }

  /** Over a closing bracket. */
  leave(): true {
    this.depth--
    this.at++
    return true
  }

  /** Over a key and its colon, up to the value's first byte. */
  skipKey(): boolean {
    if (this.peek() !== QUOTE) return this.fail('a key is expected')
    if (!this.skipString()) return false
    return this.skipColon()
  }

  skipColon(): boolean {
    this.skipSpace()
    if (this.peek() !== COLON) return this.fail("':' is expected")
    this.at++
    this.skipSpace()
    return true
  }

  /** After an element: true stands on the next one, false on the closing bracket, or sets `problem`. */
  more(close: number): boolean {
    this.skipSpace()
    const byte = this.peek()
    if (byte === close) return false
    if (byte !== COMMA) return this.fail("',' or a closing bracket is expected")
    this.at++
    this.skipSpace()
    return true
  }

  #skipWord(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.at + i >= this.end || this.data[this.at + i] !== word.charCodeAt(i))
        return this.fail('unexpected character')
    }
    this.at += word.length
    return true
  }

  #skipNumber(): boolean {
    if (this.peek() === MINUS) this.at++
    const first = this.peek()
    if (!isDigit(first)) return this.fail('a digit is expected')
    this.at++
    if (first !== ZERO) this.#skipDigits()
    if (this.peek() === 0x2e) {
      this.at++
      if (!this.#skipDigits()) return this.fail('a digit is expected')
    }
    const exponent = this.peek()
    if (exponent === 0x65 || exponent === 0x45) {
      this.at++
      const sign = this.peek()
      if (sign === 0x2b || sign === MINUS) this.at++
      if (!this.#skipDigits()) return this.fail('a digit is expected')
    }
    return true
  }

  /** Whether there was a digit. */
  #skipDigits(): boolean {
    const from = this.at
    while (this.at < this.end && isDigit(this.data[this.at]!)) this.at++
    return this.at > from
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** Length of the escape at `at`; 0: there is no such escape. */
function escapeLength(data: Uint8Array, at: number, end: number): number {
  const letter = at + 1 < end ? data[at + 1]! : -1
  if (letter !== 0x75) return ESCAPED[letter] === undefined ? 0 : 2
  return at + 6 <= end && hexAt(data, at + 2) >= 0 ? 6 : 0
}

/** What a one-letter escape stands for. */
const ESCAPED: Readonly<Record<number, number>> = {
  0x22: 0x22,
  0x5c: 0x5c,
  0x2f: 0x2f,
  0x62: 0x08,
  0x66: 0x0c,
  0x6e: 0x0a,
  0x72: 0x0d,
  0x74: 0x09,
}

/** Four hexadecimal digits; -1: they are not. */
function hexAt(data: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + 4; i++) {
    const byte = data[i]!
    const letter = byte | 0x20
    if (isDigit(byte)) value = value * 16 + byte - 0x30
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57
    else return -1
  }
  return value
}

/**
 * Writes what a checked JSON string (without its quotes) stands for to `out`, which must have room
 * for `length` bytes: it never grows. Answers the bytes written. Half a surrogate pair becomes
 * U+FFFD, as UTF-8 has no bytes for it.
 */
export function unescapeJson(
  data: Uint8Array,
  start: number,
  length: number,
  out: Uint8Array,
): number {
  const end = start + length
  let to = 0
  for (let at = start; at < end;) {
    const byte = data[at]!
    if (byte !== BACKSLASH) {
      out[to++] = byte
      at++
      continue
    }
    const letter = data[at + 1]!
    if (letter !== 0x75) {
      out[to++] = ESCAPED[letter]!
      at += 2
      continue
    }
    let code = hexAt(data, at + 2)
    at += 6
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 ? lowSurrogateAt(data, at, end) : -1
      if (low >= 0) at += 6
      code = low >= 0 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd
    }
    to = writeUtf8(code, out, to)
  }
  return to
}

function lowSurrogateAt(data: Uint8Array, at: number, end: number): number {
  if (at + 6 > end || data[at] !== BACKSLASH || data[at + 1] !== 0x75) return -1
  const code = hexAt(data, at + 2)
  return code >= 0xdc00 && code <= 0xdfff ? code : -1
}

function writeUtf8(code: number, out: Uint8Array, to: number): number {
  if (code < 0x80) out[to++] = code
  else if (code < 0x800) {
    out[to++] = 0xc0 | (code >> 6)
    out[to++] = 0x80 | (code & 0x3f)
  } else if (code < 0x10000) {
    out[to++] = 0xe0 | (code >> 12)
    out[to++] = 0x80 | ((code >> 6) & 0x3f)
    out[to++] = 0x80 | (code & 0x3f)
  } else {
    out[to++] = 0xf0 | (code >> 18)
    out[to++] = 0x80 | ((code >> 12) & 0x3f)
    out[to++] = 0x80 | ((code >> 6) & 0x3f)
    out[to++] = 0x80 | (code & 0x3f)
  }
  return to
}

const validator = new JsonCursor()

/** null: the bytes are one JSON value. Otherwise what is wrong. */
export function jsonProblem(data: Uint8Array, start: number, length: number): string | null {
  validator.reset(data, start, length)
  validator.skipSpace()
  if (!validator.skipValue()) return validator.problem
  validator.skipSpace()
  if (validator.at < validator.end) validator.fail('text after the value')
  return validator.problem === '' ? null : validator.problem
}
