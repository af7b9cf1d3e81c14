/** The error of a run: {code, message, where, cause}. Stored as JSON, so nothing is taken for granted. */

/** @returns nothing when there is no error */
export function errorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return []
  const fields = error as Readonly<Record<string, unknown>>
  const code = textOf(fields['code']) ?? 'ERROR'
  const where = textOf(fields['where'])
  const cause = textOf(fields['cause'])
  return [
    `${code}: ${textOf(fields['message']) ?? JSON.stringify(error)}`,
    ...(where === null ? [] : [`  where: ${where}`]),
    ...(cause === null ? [] : [`  cause: ${cause}`]),
  ]
}

/** One line for a table. */
export function errorSummary(error: unknown): string {
  return errorLines(error)[0] ?? ''
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
