/** What is wrong with a text that a user wrote, and where. */

/** Closed list: clients may switch on it. */
export type ProblemCode =
  | 'too-large'
  | 'syntax'
  | 'duplicate-key'
  | 'unsupported-dialect'
  | 'unknown-key'
  | 'missing'
  | 'wrong-type'
  | 'not-allowed'
  | 'out-of-range'
  | 'bad-format'
  | 'conflict'
  | 'unsupported'
  | 'missing-parameter'
  | 'bad-parameter'
  | 'column-count'
  | 'no-effect'
  | 'defaulted'
  | 'too-many-problems'

export interface Problem {
  /** A `note` says what Sluice makes of a value; it does not stop the job. */
  readonly severity: 'error' | 'note'
  readonly code: ProblemCode
  /** JSON path, `$.steps[0].parameter.topic`. */
  readonly path: string
  /** Where in the text, from 1; null when the value did not come from a text. */
  readonly line: number | null
  readonly column: number | null
  /** The value as JSON text, shortened; null where there is none, or where it may be a secret. */
  readonly found: string | null
  /** What is accepted there. */
  readonly expected: string | null
  /** What happened and what to do, in a sentence that can stand alone. */
  readonly message: string
}
