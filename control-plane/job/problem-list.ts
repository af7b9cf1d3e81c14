import type { JsonNode, TextPosition } from './json-node.ts'
import { shownValue } from './json-node.ts'
import type { Problem, ProblemCode } from './problem.ts'

/** Of errors, and of notes: a text that is wrong everywhere needs no list of every place. */
export const PROBLEMS_MAX = 200

/** What a problem is about: a value, or the place where one is missing. */
export interface Place {
  readonly path: string
  readonly position: TextPosition | null
}

/** Collects all problems of a text, so that its author sees them in one answer. */
export class ProblemList {
  readonly #problems: Problem[] = []
  readonly #settled = new Set<string>()
  readonly #leftOut = { error: 0, note: 0 }

  constructor(first: readonly Problem[] = []) {
    for (const problem of first) this.#push(problem)
  }

  /** An error at a value: `found` is the value. */
  error(code: ProblemCode, node: JsonNode, message: string, expected: string | null = null): void {
    this.#add('error', code, node, message, shownValue(node), expected)
  }

  /** An error at a value that may be a secret, or at a place without a value. */
  errorAt(code: ProblemCode, place: Place, message: string, expected: string | null = null): void {
    this.#add('error', code, place, message, null, expected)
  }

  note(code: ProblemCode, node: JsonNode, message: string): void {
    this.#add('note', code, node, message, shownValue(node), null)
  }

  noteAt(code: ProblemCode, place: Place, message: string): void {
    this.#add('note', code, place, message, null, null)
  }

  /**
   * The value at `path` is not known, for a reason that is reported: what would be said about its
   * form now would only be noise.
   */
  settle(path: string): void {
    this.#settled.add(path)
  }

  /** A key that is missing because it is misspelt is one mistake: the spelling is reported. */
  withdrawMissing(path: string): void {
    const isIt = ({ code, path: its }: Problem): boolean => code === 'missing' && its === path
    const index = this.#problems.findIndex(isIt)
    if (index !== -1) this.#problems.splice(index, 1)
  }

  get hasErrors(): boolean {
    return this.#leftOut.error > 0 || this.#problems.some(({ severity }) => severity === 'error')
  }

  /** In the order of the text; where some were left out, the last one says how many. */
  errors(): Problem[] {
    return this.#sorted('error')
  }

  notes(): Problem[] {
    return this.#sorted('note')
  }

  #sorted(severity: Problem['severity']): Problem[] {
    const sorted = this.#problems
      .filter((problem) => problem.severity === severity)
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    const leftOut = this.#leftOut[severity]
    if (leftOut === 0) return sorted
    const message = `${leftOut} more were left out.`
    const nowhere = { path: '$', line: null, column: null, found: null, expected: null }
    return [...sorted, { severity, code: 'too-many-problems', ...nowhere, message }]
  }

  #add(
    severity: Problem['severity'],
    code: ProblemCode,
    { path, position }: Place,
    message: string,
    found: string | null,
    expected: string | null,
  ): void {
    if (this.#settled.has(path)) return
    const line = position?.line ?? null
    const column = position?.column ?? null
    this.#push({ severity, code, path, line, column, found, expected, message })
  }

  #push(problem: Problem): void {
    const { severity } = problem
    const count = this.#problems.filter((other) => other.severity === severity).length
    if (count < PROBLEMS_MAX) this.#problems.push(problem)
    else this.#leftOut[severity]++
  }
}
