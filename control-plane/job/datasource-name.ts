import type { Fields } from './fields.ts'

export const DATA_SOURCE_NAME = /^[A-Za-z]\w*$/
export const DATA_SOURCE_NAME_CHARS_MAX = 128

/** The `datasource` member, checked; null: absent, or reported. */
export function readDataSourceName(fields: Fields): string | null {
  const text = fields.text('datasource')
  if (text === null || DATA_SOURCE_NAME.test(text.value)) return text?.value ?? null
  const rule = 'letters, digits and underscores, first a letter'
  const message = `"${text.value}" cannot be a data source's name: ${rule}.`
  fields.problems.error('bad-format', text, message, rule)
  return null
}
