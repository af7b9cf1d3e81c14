/** JSON with the place of every value, so that a problem can point at it. */

/** From 1, as editors count. */
export interface TextPosition {
  readonly line: number
  readonly column: number
}

interface Located {
  /** `$.steps[0].parameter` */
  readonly path: string
  /** null: the value did not come from a text. */
  readonly position: TextPosition | null
  /** Where the value lies in the text, for replacing it; both 0 without a text. */
  readonly textStart: number
  readonly textEnd: number
}

export interface JsonObject extends Located {
  readonly kind: 'object'
  readonly members: ReadonlyMap<string, JsonMember>
}

export interface JsonMember {
  /** Of the key. */
  readonly position: TextPosition | null
  readonly value: JsonNode
}

export interface JsonArray extends Located {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
}

export interface JsonString extends Located {
  readonly kind: 'string'
  readonly value: string
}

export interface JsonNumber extends Located {
  readonly kind: 'number'
  /** As written: `2.0` is not `2` everywhere. */
  readonly text: string
}

export interface JsonBoolean extends Located {
  readonly kind: 'boolean'
  readonly value: boolean
}

export interface JsonNull extends Located {
  readonly kind: 'null'
}

export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonBoolean | JsonNull

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/

/** The path of an object's member; keys that are no plain words are quoted. */
export function memberPath(path: string, key: string): string {
  return PLAIN_KEY.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

/**
 * Nodes without positions, from a value that was parsed elsewhere (a request's body, a column of
 * the store). `undefined` members are left out; anything that is no JSON becomes null.
 */
export function jsonNodeOf(
  value: unknown,
  path = '$',
  position: TextPosition | null = null,
): JsonNode {
  const at = { path, position, textStart: 0, textEnd: 0 }
  if (typeof value === 'string') return { kind: 'string', value, ...at }
  if (typeof value === 'number') return { kind: 'number', text: String(value), ...at }
  if (typeof value === 'boolean') return { kind: 'boolean', value, ...at }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) =>
      jsonNodeOf(item, `${path}[${index}]`, position),
    )
    return { kind: 'array', items, ...at }
  }
  if (typeof value === 'object' && value !== null) {
    const members = new Map<string, JsonMember>()
    for (const [key, member] of Object.entries(value) as [string, unknown][]) {
      if (member === undefined) continue
      members.set(key, { position, value: jsonNodeOf(member, memberPath(path, key), position) })
    }
    return { kind: 'object', members, ...at }
  }
  return { kind: 'null', ...at }
}

/** The same tree with every string value passed through `change`; positions stay. */
export function mapStrings(node: JsonNode, change: (node: JsonString) => string): JsonNode {
  if (node.kind === 'string') return { ...node, value: change(node) }
  if (node.kind === 'array') {
    return { ...node, items: node.items.map((item) => mapStrings(item, change)) }
  }
  if (node.kind !== 'object') return node
  const members = new Map<string, JsonMember>()
  for (const [key, member] of node.members) {
    members.set(key, { ...member, value: mapStrings(member.value, change) })
  }
  return { ...node, members }
}

const SHOWN_CHARS_MAX = 100

/** JSON text of a value, for messages. Long texts are cut and say so; what nests is not shown. */
export function shownValue(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return '{…}'
    case 'array':
      return '[…]'
    case 'number':
      return node.text
    case 'null':
      return 'null'
    default: {
      const text = JSON.stringify(node.value)
      if (text.length <= SHOWN_CHARS_MAX) return text
      return `${text.slice(0, SHOWN_CHARS_MAX)}… (${text.length} characters)`
    }
  }
}
