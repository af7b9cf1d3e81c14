/**
 * A schema validator's findings as the Problems that users see everywhere else: located by JSON
 * path. Values are never quoted, since a request may carry a password at any place.
 */
import type { Problem, ProblemCode } from '../job/problem.ts'
import { NAME_PATTERN, NAME_RULE } from './name-pattern.ts'

/** What TypeBox reports, one a keyword that failed. */
export interface SchemaError {
  readonly keyword?: string
  readonly instancePath?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly message?: string
}

/** More than these are of no use to anybody; the last one then says how many there were. */
export const REQUEST_PROBLEMS_MAX = 50

const CODES: Readonly<Record<string, ProblemCode>> = {
  required: 'missing',
  type: 'wrong-type',
  additionalProperties: 'unknown-key',
  enum: 'not-allowed',
  const: 'not-allowed',
  minimum: 'out-of-range',
  maximum: 'out-of-range',
  minLength: 'out-of-range',
  maxLength: 'out-of-range',
  minItems: 'out-of-range',
  maxItems: 'out-of-range',
  maxProperties: 'out-of-range',
  pattern: 'bad-format',
  format: 'bad-format',
}

/** @param part `body`, `querystring`, `params` or `headers` */
export function requestProblems(part: string, errors: readonly SchemaError[]): Problem[] {
  const problems = errors.flatMap((error) => toProblems(part, error))
  if (problems.length <= REQUEST_PROBLEMS_MAX) return problems
  const rest = problems.length - REQUEST_PROBLEMS_MAX
  return [
    ...problems.slice(0, REQUEST_PROBLEMS_MAX),
    problem('too-many-problems', part, null, `${rest} more problems are not listed`),
  ]
}

function toProblems(part: string, error: SchemaError): Problem[] {
  const base = jsonPath(part, error.instancePath ?? '')
  const code = CODES[error.keyword ?? ''] ?? 'bad-format'
  if (code === 'missing') {
    return names(error.params?.['requiredProperties']).map((name) =>
      problem(code, `${base}.${name}`, null, `${base}.${name} is missing`),
    )
  }
  if (code === 'unknown-key') {
    return names(error.params?.['additionalProperties']).map((name) =>
      problem(code, `${base}.${name}`, null, `${base}.${name} is not known here: remove it`),
    )
  }
  // TypeBox says twice that a key is not known: `boolean` is the schema `false` of that key.
  if (error.keyword === 'boolean') return []
  const pattern = patternOf(error)
  if (pattern !== null) {
    const rule = patternText(pattern)
    return [problem(code, base, rule, `${base}: ${rule}`)]
  }
  const expected = expectation(error)
  const message = `${base} ${error.message ?? 'does not have the expected form'}`
  return [problem(code, base, expected, expected === null ? message : `${message}: ${expected}`)]
}

/** The one pattern that people meet is that of names: they get words for it. */
function patternText(source: string): string {
  return source === NAME_PATTERN ? NAME_RULE : `it must match ${source}`
}

function expectation(error: SchemaError): string | null {
  const params = error.params ?? {}
  const allowed = params['allowedValues']
  if (Array.isArray(allowed)) return allowed.map((value) => JSON.stringify(value)).join(', ')
  return null
}

function patternOf(error: SchemaError): string | null {
  const pattern = error.params?.['pattern']
  if (pattern instanceof RegExp) return pattern.source
  return typeof pattern === 'string' ? pattern : null
}

/** `/params/0/x` of the body becomes `$.params[0].x`; other parts carry their name. */
function jsonPath(part: string, pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const root = part === 'body' ? '$' : part
  return steps.reduce((path, s) => (/^\d+$/.test(s) ? `${path}[${s}]` : `${path}.${s}`), root)
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function problem(
  code: ProblemCode,
  path: string,
  expected: string | null,
  message: string,
): Problem {
  return { severity: 'error', code, path, line: null, column: null, found: null, expected, message }
}
