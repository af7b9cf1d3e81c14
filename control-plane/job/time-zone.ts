import { IANAZone } from 'luxon'

import type { Fields } from './fields.ts'

/** The IANA name of the member, checked; null: absent, or reported. */
export function readTimeZone(fields: Fields, key: string): string | null {
  const text = fields.text(key)
  if (text === null || IANAZone.isValidZone(text.value)) return text?.value ?? null
  const message = `"${text.value}" is no time zone; use an IANA name such as Asia/Shanghai.`
  fields.problems.error('not-allowed', text, message, 'an IANA time zone')
  return null
}
