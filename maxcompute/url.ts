/** Request URLs: everything outside A-Z a-z 0-9 - _ . ~ is percent-encoded, so that every server decodes what was signed. */

/** `+`, `%`, quotes and the rest alike; a space is %20. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** `/projects/p/tables/t` from its segments, encoded. */
export function encodePath(segments: readonly string[]): string {
  return segments.map((segment) => `/${percentEncode(segment)}`).join('')
}

/** `?uploads&partition=pt%3D1`, or an empty text. A parameter with an empty value is sent as its name alone. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  const parts = Object.entries(query).map(([name, value]) =>
    value === '' ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(value)}`,
  )
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}
