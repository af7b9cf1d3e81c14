/**
 * RFC 8259 JSON into nodes that know where they stand. Stricter than JSON.parse in one point:
 * a key that occurs twice in an object is a problem, since one of the two would be lost silently.
 *
 * A syntax error ends the reading: what follows it cannot be judged.
 */
import type { JsonMember, JsonNode, TextPosition } from './json-node.ts'
import { memberPath } from './json-node.ts'
import type { Problem } from './problem.ts'

/** Far above any hand-written job; a text of this size is a mistake. */
export const JSON_TEXT_CHARS_MAX = 1024 * 1024
/** Keeps the recursion shallow. */
export const JSON_DEPTH_MAX = 64

/** `node` is null exactly when the text is no JSON; `problems` then holds why. */
export interface ParsedJson {
  readonly node: JsonNode | null
  readonly problems: readonly Problem[]
}

/** Never throws. Positions count UTF-16 units, from 1. */
export function parseJson(text: string): ParsedJson {
  if (text.length > JSON_TEXT_CHARS_MAX) {
    const message = `The text has ${text.length} characters; at most ${JSON_TEXT_CHARS_MAX} are read.`
    return { node: null, problems: [problemAt('$', { line: 1, column: 1 }, 'too-large', message)] }
  }
  const reader = new JsonReader(text)
  try {
    const node = reader.document()
    return { node, problems: reader.problems }
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    return { node: null, problems: [...reader.problems, error.problem] }
  }
}

class JsonSyntaxError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

function problemAt(
  path: string,
  position: TextPosition,
  code: Problem['code'],
  message: string,
  found: string | null = null,
): Problem {
  return { severity: 'error', code, path, ...position, found, expected: null, message }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// oxlint-disable-next-line no-control-regex -- JSON texts may not hold control characters
const PLAIN_CHARS = /[^"\\\u0000-\u001f]*/y
const WORD = /[\w$.+-]+/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class JsonReader {
  readonly problems: Problem[] = []
  readonly #text: string
  readonly #lineStarts: number[] = [0]
  #at = 0
  #path = '$'

  constructor(text: string) {
    this.#text = text
    for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) {
      this.#lineStarts.push(i + 1)
    }
    if (text.startsWith('\uFEFF')) this.#at = 1
  }

  document(): JsonNode {
    const node = this.#value('$', 0)
    this.#blanks()
    if (this.#at < this.#text.length) this.#fail(`Nothing may follow the JSON value, but there is`)
    return node
  }

  #value(path: string, depth: number): JsonNode {
    this.#path = path
    this.#blanks()
    if (depth > JSON_DEPTH_MAX) {
      this.#fail(`Objects and arrays may lie ${JSON_DEPTH_MAX} deep at most; here is`)
    }
    const textStart = this.#at
    const at = { path, position: this.#position(textStart), textStart }
    const char = this.#text[textStart]
    if (char === '{')
      return { kind: 'object', members: this.#members(path, depth), ...this.#end(at) }
    if (char === '[') return { kind: 'array', items: this.#items(path, depth), ...this.#end(at) }
    if (char === '"') return { kind: 'string', value: this.#string(), ...this.#end(at) }
    if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) {
      const text = this.#match(NUMBER)
      if (text === null || /[\w.+-]/.test(this.#text[this.#at] ?? '')) {
        this.#at = textStart
        this.#fail('A JSON number was expected, but there is')
      }
      return { kind: 'number', text, ...this.#end(at) }
    }
    const word = this.#match(WORD)
    if (word === 'true' || word === 'false') {
      return { kind: 'boolean', value: word === 'true', ...this.#end(at) }
    }
    if (word === 'null') return { kind: 'null', ...this.#end(at) }
    this.#at = textStart
    return this.#fail('A JSON value was expected, but there is')
  }

  #end<T extends object>(at: T): T & { textEnd: number } {
    return { ...at, textEnd: this.#at }
  }

  #members(path: string, depth: number): Map<string, JsonMember> {
    const members = new Map<string, JsonMember>()
    this.#at++
    if (this.#skip('}')) return members
    for (;;) {
      this.#blanks()
      if (this.#text[this.#at] !== '"') {
        this.#fail('A key in double quotes was expected, but there is')
      }
      const position = this.#position(this.#at)
      const key = this.#string()
      const keyPath = memberPath(path, key)
      if (!this.#skip(':')) this.#fail(`A colon was expected after the key "${key}", but there is`)
      const value = this.#value(keyPath, depth + 1)
      const earlier = members.get(key)
      if (earlier === undefined) members.set(key, { position, value })
      else this.#duplicate(key, keyPath, position, earlier.position)
      this.#path = path
      if (this.#skip('}')) return members
      if (!this.#skip(',')) {
        this.#fail(
          `A comma or a closing brace was expected after the value of "${key}", but there is`,
        )
      }
    }
  }

  #duplicate(
    key: string,
    path: string,
    position: TextPosition,
    earlier: TextPosition | null,
  ): void {
    const where = earlier === null ? '' : ` (first in line ${earlier.line})`
    this.problems.push(
      problemAt(
        path,
        position,
        'duplicate-key',
        `The key "${key}" occurs twice in this object${where}; remove one of the two.`,
        JSON.stringify(key),
      ),
    )
  }

  #items(path: string, depth: number): JsonNode[] {
    const items: JsonNode[] = []
    this.#at++
    if (this.#skip(']')) return items
    for (;;) {
      items.push(this.#value(`${path}[${items.length}]`, depth + 1))
      this.#path = path
      if (this.#skip(']')) return items
      if (!this.#skip(',')) {
        this.#fail('A comma or a closing bracket was expected after this item, but there is')
      }
    }
  }

  #string(): string {
    let value = ''
    this.#at++
    for (;;) {
      value += this.#match(PLAIN_CHARS) ?? ''
      const char = this.#text[this.#at]
      if (char === '"') {
        this.#at++
        return value
      }
      if (char !== '\\') {
        this.#fail(
          'A text must end with a double quote in its own line (line breaks are written \\n), but there is',
        )
      }
      value += this.#escape()
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    const hex = this.#text.slice(this.#at + 2, this.#at + 6)
    if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
      this.#at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const plain = ESCAPES[letter]
    if (plain === undefined) {
      this.#fail('After a backslash one of " \\ / b f n r t or uXXXX must follow, but there is')
    }
    this.#at += 2
    return plain
  }

  #blanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  /** Blanks, then the character if it is there. */
  #skip(char: string): boolean {
    this.#blanks()
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    if (found !== null) this.#at += found.length
    return found
  }

  #position(index: number): TextPosition {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: index - (this.#lineStarts[low] ?? 0) + 1 }
  }

  #fail(message: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 1)
    const found = rest === '' ? 'the end of the text' : JSON.stringify(rest)
    const hint = this.#hint()
    throw new JsonSyntaxError(
      problemAt(
        this.#path,
        this.#position(this.#at),
        'syntax',
        `${message} ${found}.${hint}`,
        found,
      ),
    )
  }

  /** What people write most often that is not JSON. */
  #hint(): string {
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (rest.startsWith("'")) return ' JSON texts stand in double quotes.'
    if (rest === '//' || rest === '/*' || rest.startsWith('#')) return ' JSON has no comments.'
    if (/,\s*$/.test(this.#text.slice(0, this.#at)) && /^[}\]]/.test(rest)) {
      return ' Remove the comma before it.'
    }
    return ''
  }
}
