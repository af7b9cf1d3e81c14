import { cutDisplay, displayWidth } from '../display-width.ts'

/** Of an error's message, in a table; `run show` has all of it. */
const SUMMARY_WIDTH_MAX = 80

/** The error of a run: {code, message, where, cause}. Stored as JSON, so nothing is taken for granted. */

/** @returns nothing when there is no error */
export function errorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return []
  const fields = error as Readonly<Record<string, unknown>>
  const code = textOf(fields['code']) ?? 'ERROR'
  const where = whereText(fields['where'])
  const cause = textOf(fields['cause'])
  return [
    `${code}: ${textOf(fields['message']) ?? JSON.stringify(error)}`,
    ...(where === null ? [] : [`  where: ${where}`]),
    ...(cause === null ? [] : [`  cause: ${cause}`]),
  ]
}

/** One line for a table. */
export function errorSummary(error: unknown): string {
  const first = errorLines(error)[0] ?? ''
  if (displayWidth(first) <= SUMMARY_WIDTH_MAX) return first
  return `${cutDisplay(first, SUMMARY_WIDTH_MAX - 1).trimEnd()}…`
}

/** `{topic: "orders", offset: "7"}` as `offset=7 topic=orders`: the store does not keep the order. */
function whereText(where: unknown): string | null {
  if (typeof where !== 'object' || where === null) return textOf(where)
  const entries = Object.entries(where).toSorted(([a], [b]) => a.localeCompare(b))
  return textOf(entries.map(([key, value]) => `${key}=${textOf(value) ?? ''}`).join(' '))
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
