/**
 * Reads the members of one JSON object, typed. Every wrong value becomes a located problem, and
 * `finish` reports each member that nobody asked for: no key is ever ignored.
 *
 * As in DataWorks' own samples, numbers and booleans may be written as texts. An optional member
 * that is null or an empty text counts as absent.
 */
import type { JsonArray, JsonMember, JsonNode, JsonObject, JsonString } from './json-node.ts'
import { memberPath } from './json-node.ts'
import type { Place, ProblemList } from './problem-list.ts'
import { suggest } from './suggest.ts'

export class Fields {
  readonly node: JsonObject
  readonly problems: ProblemList
  readonly #known = new Set<string>()

  constructor(node: JsonObject, problems: ProblemList) {
    this.node = node
    this.problems = problems
  }

  /** The member as it is; null where it is absent, null or empty. Marks the key as known. */
  value(key: string): JsonNode | null {
    this.#known.add(key)
    const value = this.node.members.get(key)?.value ?? null
    if (value === null || value.kind === 'null') return null
    return value.kind === 'string' && value.value.trim() === '' ? null : value
  }

  /** The member even if it is an empty text or null. */
  raw(key: string): JsonNode | null {
    this.#known.add(key)
    return this.node.members.get(key)?.value ?? null
  }

  has(key: string): boolean {
    return this.value(key) !== null
  }

  /** Of two spellings of one member the one that is there; both at once is a problem. */
  spelling(first: string, second: string): string {
    const secondValue = this.value(second)
    if (secondValue === null) return first
    if (this.has(first)) {
      const message = `"${first}" and "${second}" are one parameter; keep one of the two.`
      this.problems.error('conflict', secondValue, message)
    }
    return second
  }

  text(key: string): JsonString | null {
    const value = this.value(key)
    if (value === null) return null
    if (value.kind === 'string') return { ...value, value: value.value.trim() }
    if (value.kind === 'number') return { ...value, kind: 'string', value: value.text }
    this.#wrongType(key, value, 'a text')
    return null
  }

  textValue(key: string): string | null {
    return this.text(key)?.value ?? null
  }

  /** A text that no message may show; blanks are part of it. */
  secret(key: string): string | null {
    const value = this.raw(key)
    if (value === null || value.kind === 'null') return null
    if (value.kind === 'string') return value.value === '' ? null : value.value
    this.problems.errorAt('wrong-type', value, `"${key}" must be a text.`, 'a text')
    return null
  }

  integer(key: string, min: number, max: number): number | null {
    return this.#number(key, min, max, /^-?\d+$/, 'a whole number')
  }

  decimal(key: string, min: number, max: number): number | null {
    return this.#number(key, min, max, /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'a number')
  }

  boolean(key: string): boolean | null {
    const value = this.value(key)
    if (value === null) return null
    if (value.kind === 'boolean') return value.value
    const text = value.kind === 'string' ? value.value.trim().toLowerCase() : ''
    if (text === 'true' || text === 'false') return text === 'true'
    this.#wrongType(key, value, 'true or false')
    return null
  }

  /** One of a few words, in any case; the answer is spelt as in `allowed`. */
  choice<T extends string>(key: string, allowed: readonly T[]): T | null {
    const text = this.text(key)
    if (text === null) return null
    const found = allowed.find((word) => word.toLowerCase() === text.value.toLowerCase())
    if (found !== undefined) return found
    const meant = suggest(text.value, allowed)
    const expected = allowed.join(', ')
    const hint = meant === null ? '' : ` Did you mean "${meant}"?`
    const message = `"${text.value}" is no value of "${key}"; it is one of: ${expected}.${hint}`
    this.problems.error('not-allowed', text, message, expected)
    return null
  }

  object(key: string): Fields | null {
    const value = this.value(key)
    if (value === null) return null
    if (value.kind === 'object') return new Fields(value, this.problems)
    this.#wrongType(key, value, 'an object')
    return null
  }

  /** Like `object`; one without members where there is none. */
  objectOrEmpty(key: string): Fields {
    const { path, position } = this.place(key)
    const members = new Map<string, JsonMember>()
    const empty = { kind: 'object', members, path, position, textStart: 0, textEnd: 0 } as const
    return this.object(key) ?? new Fields(empty, this.problems)
  }

  array(key: string): JsonArray | null {
    const value = this.value(key)
    if (value === null) return null
    if (value.kind === 'array') return value
    this.#wrongType(key, value, 'an array')
    return null
  }

  /** Reports the member as missing, unless it is there (and was reported as wrong already). */
  require(key: string, what: string): void {
    if (this.has(key)) return
    const message = `"${key}" is missing: ${what}.`
    this.problems.errorAt('missing', this.place(key), message, what)
  }

  /** Where the member is, or would be. */
  place(key: string): Place {
    const member = this.node.members.get(key)
    const position = member?.value.position ?? this.node.position
    return { path: memberPath(this.node.path, key), position }
  }

  /** Members that have no effect here: accepted, with a note saying why. */
  noEffect(keys: readonly string[], why: string): void {
    for (const key of keys) {
      const value = this.value(key)
      if (value !== null) this.problems.note('no-effect', value, `"${key}" has no effect: ${why}.`)
    }
  }

  /** Members that are known, and that Sluice cannot do. Values may be secrets: never shown. */
  unsupported(keys: readonly string[], message: string): void {
    for (const key of keys) {
      if (this.has(key)) {
        this.problems.errorAt(
          'unsupported',
          this.place(key),
          `"${key}" is not supported: ${message}.`,
        )
      }
    }
  }

  /** Call last: members that nobody asked for are problems. */
  finish(): void {
    const known = [...this.#known]
    for (const [key, member] of this.node.members) {
      if (this.#known.has(key)) continue
      const meant = suggest(
        key,
        known.filter((candidate) => !this.node.members.has(candidate)),
      )
      if (meant !== null) this.problems.withdrawMissing(memberPath(this.node.path, meant))
      const hint = meant === null ? `Known keys: ${known.join(', ')}.` : `Did you mean "${meant}"?`
      this.problems.errorAt(
        'unknown-key',
        { path: memberPath(this.node.path, key), position: member.position },
        `The key "${key}" is not known in ${this.node.path}. ${hint}`,
        meant ?? known.join(', '),
      )
    }
  }

  #number(key: string, min: number, max: number, form: RegExp, what: string): number | null {
    const value = this.value(key)
    if (value === null) return null
    const text =
      value.kind === 'number' ? value.text : value.kind === 'string' ? value.value.trim() : ''
    const number = form.test(text) ? Number(text) : Number(value.kind === 'number' ? text : NaN)
    if (Number.isNaN(number) || (what === 'a whole number' && !Number.isInteger(number))) {
      this.#wrongType(key, value, what)
      return null
    }
    if (number >= min && number <= max) return number
    const expected = `${min} to ${max}`
    const message = `"${key}" must be ${what} from ${expected}, but is ${text}.`
    this.problems.error('out-of-range', value, message, expected)
    return null
  }

  #wrongType(key: string, value: JsonNode, expected: string): void {
    const kinds = { object: 'an object', array: 'an array', null: 'null' } as const
    const found = value.kind in kinds ? kinds[value.kind as keyof typeof kinds] : null
    const message = `"${key}" must be ${expected}${found === null ? '' : `, but is ${found}`}.`
    this.problems.error('wrong-type', value, message, expected)
  }
}
