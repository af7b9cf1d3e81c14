/**
 * Scheduling parameters: assignments become values once, when a run is made for its planned time;
 * the values then replace `${name}` inside every text of the job.
 */
import type { JsonNode, JsonString } from './json-node.ts'
import { mapStrings } from './json-node.ts'
import type { ProblemList } from './problem-list.ts'
import { suggest } from './suggest.ts'
import type { PlannedTime } from './time-expression.ts'
import { expandAssignment, holdsCycleExpression, systemParameter } from './time-expression.ts'

export type Parameters = Readonly<Record<string, string>>

export interface ParameterProblem {
  /** The parameter, or the part of an assignment line that is none. */
  readonly name: string
  readonly message: string
}

const NAME = /^[A-Za-z_]\w*$/
const REFERENCE = /\$\{([^}]*)\}/g
/** What is left of a text, its references taken out, when one of them was not closed. */
const OPEN_REFERENCE = /\$\{[A-Za-z_]/
/** More is a mistake: a job has some ten parameters. */
export const PARAMETERS_MAX = 200

/** The line that DataWorks' users write, `k1=v1 k2=v2`, as assignments by name. */
export function parseAssignmentLine(line: string): {
  readonly assignments: Parameters
  readonly problems: readonly ParameterProblem[]
} {
  const assignments: Record<string, string> = {}
  const problems: ParameterProblem[] = []
  for (const part of line.trim().split(/\s+/)) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals === -1 ? part : part.slice(0, equals)
    if (equals === -1 || !NAME.test(name)) {
      const message = `"${part}" is no assignment: write name=value, without blanks inside`
      problems.push({ name: part, message })
    } else if (Object.hasOwn(assignments, name)) {
      problems.push({ name, message: `"${name}" is assigned twice` })
    } else {
      assignments[name] = part.slice(equals + 1)
    }
  }
  return { assignments, problems }
}

/** Values of the assignments at the planned time. Constants stay as they are. */
export function evaluateParameters(
  assignments: Parameters,
  planned: PlannedTime,
): { readonly values: Parameters; readonly problems: readonly ParameterProblem[] } {
  const values: Record<string, string> = {}
  const problems: ParameterProblem[] = []
  const entries = Object.entries(assignments)
  if (entries.length > PARAMETERS_MAX) {
    const message = `there are ${entries.length} parameters; at most ${PARAMETERS_MAX} are allowed`
    return { values, problems: [{ name: '', message }] }
  }
  for (const [name, assignment] of entries) {
    const expanded = expandAssignment(assignment, planned)
    if (!NAME.test(name)) {
      const message = `"${name}" is no parameter name: letters, digits and underscores`
      problems.push({ name, message })
    } else if (expanded.ok) values[name] = expanded.text
    else problems.push({ name, message: expanded.message })
  }
  return { values, problems }
}

/** What `${name}` stands for while a job is read. */
export interface ParameterScope {
  readonly values: Parameters
  /** Assigned, but without a value; reported already. */
  readonly failed: ReadonlySet<string>
  readonly planned: PlannedTime
}

/** `${name}` replaced in every text below `node`. A name without a value is a problem there. */
export function substituteParameters(
  node: JsonNode,
  scope: ParameterScope,
  problems: ProblemList,
): JsonNode {
  return mapStrings(node, (text) => {
    let known = true
    if (holdsCycleExpression(text.value)) {
      const message =
        'A time expression $[…] belongs into the assignment of a parameter (k=$[…]); write ${k} here.'
      problems.errorAt('bad-parameter', text, message)
      known = false
    }
    if (OPEN_REFERENCE.test(text.value.replaceAll(REFERENCE, ''))) {
      const message = 'A parameter is written ${name}: here the closing brace is missing.'
      problems.errorAt('bad-parameter', text, message)
      known = false
    }
    const substituted = text.value.replaceAll(REFERENCE, (whole, name: string) => {
      const value = valueOf(name, scope)
      if (value !== null) return value
      known = false
      if (!scope.failed.has(name)) reportMissing(name, text, scope, problems)
      return whole
    })
    if (!known) problems.settle(text.path)
    return substituted
  })
}

function valueOf(name: string, { values, planned }: ParameterScope): string | null {
  return (
    systemParameter(name, planned) ?? (Object.hasOwn(values, name) ? (values[name] ?? null) : null)
  )
}

function reportMissing(
  name: string,
  text: JsonString,
  { values }: ParameterScope,
  problems: ProblemList,
): void {
  const names = Object.keys(values)
  const meant = suggest(name, names)
  const given = names.length === 0 ? 'none is given' : `given are: ${names.join(', ')}`
  const hint = meant === null ? given : `did you mean "${meant}"?`
  const message = `The parameter "${name}" has no value; assign ${name}=… (${hint}).`
  problems.errorAt('missing-parameter', text, message, `an assignment of "${name}"`)
}
