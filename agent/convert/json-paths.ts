/**
 * Finds the values of many paths in one walk over a record's JSON.
 *
 *   P1. At each object a key that spells all the rest of a path, dots included, wins over going down
 *       by its first part: `{"tag.desc": 1, "tag": {"desc": 2}}` has `tag.desc` 1.
 *   P2. Of a key that occurs more than once, the last one counts, as in `JSON.parse`.
 *   P3. The whole text is checked, also where no path leads.
 */
import { JsonCursor, unescapeJson } from './json-text.ts'

/** What a path leads to. */
export const JSON_MISSING = 0
export const JSON_NULL = 1
/** A string without escapes: the span is its content. */
export const JSON_STRING = 2
/** A string with escapes: the span is its content, still escaped. */
export const JSON_ESCAPED = 3
export const JSON_NUMBER = 4
export const JSON_TRUE = 5
export const JSON_FALSE = 6
/** An object or an array: the span is its text. */
export const JSON_NESTED = 7

interface Leaf {
  readonly path: number
  /** How many parts of the path the last key spells: more of them wins (P1). */
  readonly rank: number
}

interface KeyNode {
  readonly key: Uint8Array
  readonly leaves: Leaf[]
  /** Its own leaves and those of all its children. */
  readonly beneath: Leaf[]
  readonly children: KeyNode[]
}

const CLOSE_BRACE = 0x7d
const OPEN_BRACE = 0x7b

export class JsonPaths {
  /** Per path, of the value that was scanned last: a `JSON_…` constant, and its span. */
  readonly kinds: Uint8Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
  readonly #ranks: Uint16Array
  readonly #root: KeyNode = { key: new Uint8Array(0), leaves: [], beneath: [], children: [] }
  readonly #cursor = new JsonCursor()
  #keyScratch = new Uint8Array(256)

  constructor(paths: readonly (readonly string[])[]) {
    this.kinds = new Uint8Array(paths.length)
    this.starts = new Int32Array(paths.length)
    this.lengths = new Int32Array(paths.length)
    this.#ranks = new Uint16Array(paths.length)
    for (const [path, keys] of paths.entries()) addPath(this.#root, keys, path)
  }

  /** Scans one value. Answers null, or why it is no JSON object. JSON's `null` has no keys. */
  scan(data: Uint8Array, start: number, length: number): string | null {
    this.kinds.fill(JSON_MISSING)
    this.#ranks.fill(0)
    const cursor = this.#cursor
    cursor.reset(data, start, length)
    cursor.skipSpace()
    const first = cursor.peek()
    const ok = first === OPEN_BRACE ? this.#object(this.#root) : cursor.skipValue()
    if (!ok) return cursor.problem
    cursor.skipSpace()
    if (cursor.at < cursor.end) cursor.fail('text after the value')
    if (cursor.problem !== '') return cursor.problem
    return first === OPEN_BRACE || first === 0x6e ? null : 'the JSON value is not an object'
  }

  #object(node: KeyNode): boolean {
    const cursor = this.#cursor
    if (!cursor.enter()) return false
    if (cursor.peek() === CLOSE_BRACE) return cursor.leave()
    for (;;) {
      if (cursor.peek() !== 0x22) return cursor.fail('a key is expected')
      const keyStart = cursor.at + 1
      if (!cursor.skipString()) return false
      const child = this.#find(node, keyStart, cursor.at - 1 - keyStart)
      if (!cursor.skipColon()) return false
      if (!(child === null ? cursor.skipValue() : this.#value(child))) return false
      if (!cursor.more(CLOSE_BRACE)) return cursor.problem === '' && cursor.leave()
    }
  }

  #find(node: KeyNode, start: number, length: number): KeyNode | null {
    let data = this.#cursor.data
    if (this.#cursor.escaped) {
      if (length > this.#keyScratch.length) this.#keyScratch = new Uint8Array(length)
      length = unescapeJson(data, start, length, this.#keyScratch)
      data = this.#keyScratch
      start = 0
    }
    const { children } = node
    for (let i = 0; i < children.length; i++) {
      if (sameBytes(children[i]!.key, data, start, length)) return children[i]!
    }
    return null
  }

  #value(node: KeyNode): boolean {
    const cursor = this.#cursor
    for (const { path, rank } of node.beneath) {
      if (this.#ranks[path] !== rank) continue
      this.#ranks[path] = 0
      this.kinds[path] = JSON_MISSING
    }
    const start = cursor.at
    const first = cursor.peek()
    const descend = first === OPEN_BRACE && node.children.length > 0
    if (!(descend ? this.#object(node) : cursor.skipValue())) return false
    for (const leaf of node.leaves) this.#found(leaf, first, start, cursor.at - start)
    return true
  }

  #found({ path, rank }: Leaf, first: number, start: number, length: number): void {
    if (this.#ranks[path]! > rank) return
    const isString = first === 0x22
    this.#ranks[path] = rank
    this.kinds[path] = isString && this.#cursor.escaped ? JSON_ESCAPED : kindOf(first)
    this.starts[path] = isString ? start + 1 : start
    this.lengths[path] = isString ? length - 2 : length
  }
}

function addPath(node: KeyNode, keys: readonly string[], path: number): void {
  const whole = childOf(node, keys.join('.'))
  const leaf = { path, rank: keys.length }
  whole.leaves.push(leaf)
  whole.beneath.push(leaf)
  if (keys.length === 1) return
  const first = childOf(node, keys[0]!)
  for (let rank = keys.length - 1; rank > 0; rank--) first.beneath.push({ path, rank })
  addPath(first, keys.slice(1), path)
}

function childOf(node: KeyNode, name: string): KeyNode {
  const key = new TextEncoder().encode(name)
  const known = node.children.find((child) => sameBytes(child.key, key, 0, key.length))
  if (known !== undefined) return known
  const child: KeyNode = { key, leaves: [], beneath: [], children: [] }
  node.children.push(child)
  return child
}

function sameBytes(key: Uint8Array, data: Uint8Array, start: number, length: number): boolean {
  if (key.length !== length) return false
  for (let i = 0; i < length; i++) if (key[i] !== data[start + i]) return false
  return true
}

function kindOf(first: number): number {
  switch (first) {
    case 0x22:
      return JSON_STRING
    case 0x7b:
    case 0x5b:
      return JSON_NESTED
    case 0x74:
      return JSON_TRUE
    case 0x66:
      return JSON_FALSE
    case 0x6e:
      return JSON_NULL
    default:
      return JSON_NUMBER
  }
}
