/**
 * The text of a jsonb parameter, for `$n::jsonb`. PostgreSQL refuses U+0000 and lone surrogates in
 * jsonb, and both do come from outside (raw record values in error messages): each becomes U+FFFD.
 */
export function jsonParam(value: unknown): string {
  const text = JSON.stringify(value ?? null) as string | undefined
  if (text === undefined) throw new TypeError('a jsonb parameter must have a JSON form')
  // JSON.stringify escapes a surrogate only when it is a lone one. The last alternative steps over
  // every other escape, so that an escaped backslash before "u0000" is left alone.
  return text.replaceAll(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape, what: string) =>
    what === 'u0000' || what.startsWith('ud') ? '\uFFFD' : escape,
  )
}

/** jsonb that may be NULL: null stays SQL's NULL instead of JSON's null. */
export function jsonParamOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : jsonParam(value)
}

/** Text from outside for a text column: U+0000, which PostgreSQL cannot store, becomes U+FFFD. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}
