/** What applying a job needs to know of its text, before any parameter has a value. */
import { parseJob } from '../job/parse-job.ts'
import type { Problem } from '../job/problem.ts'
import { redactJob } from '../job/redact-job.ts'

export type CheckedText =
  | {
      readonly ok: true
      /** For people: secret values are blanked. */
      readonly redacted: string
      readonly datasourceNames: readonly string[]
      readonly notes: readonly Problem[]
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** A job names two; more of them are mistakes, but still keep a data source from being deleted. */
const DATASOURCE_NAMES_MAX = 100

/**
 * Checks a job as it is applied. Parameters get their values when a run starts, so a missing one is
 * a note here; values that depend on it are checked then.
 */
export function checkJobText(
  text: string,
  context: { readonly nowMs: number; readonly defaultTimeZone: string },
): CheckedText {
  const { nowMs, defaultTimeZone } = context
  const parsed = parseJob(text, { params: {}, cycTime: nowMs, defaultTimeZone })
  // Nothing about parameters while there are real mistakes.
  const errors = parsed.ok ? [] : parsed.problems.filter((one) => one.code !== 'missing-parameter')
  if (errors.length > 0) return { ok: false, problems: errors }
  const redacted = redactJob(text)
  if (redacted === null) throw new Error('a text that parses as a job cannot be redacted')
  const notes = parsed.ok ? parsed.notes : parsed.problems.map(parameterNote)
  return { ok: true, redacted, datasourceNames: datasourceNames(JSON.parse(redacted)), notes }
}

function parameterNote(problem: Problem): Problem {
  const name = /^an assignment of "(.*)"$/.exec(problem.expected ?? '')?.[1] ?? ''
  return {
    ...problem,
    severity: 'note',
    expected: null,
    message: `Runs need a value for the parameter "${name}".`,
  }
}

/** Every `datasource` member, wherever it stands. A name with a parameter in it is not known yet. */
function datasourceNames(value: unknown): string[] {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, member] of Object.entries(node)) {
      if (key === 'datasource' && typeof member === 'string' && !member.includes('${')) {
        if (names.size < DATASOURCE_NAMES_MAX) names.add(member)
      } else visit(member)
    }
  }
  visit(value)
  return [...names]
}
