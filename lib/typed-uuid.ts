/**
 * A host's UUID as people type it, from dmidecode. Its first three groups are little-endian in
 * newer firmware and printed either way by one tool or the other; case differs too.
 */
import { usableUuid } from './host-uuid.ts'

export type TypedUuid =
  | { readonly ok: true; readonly uuid: string }
  /** What is wrong with it, and what to do. */
  | { readonly ok: false; readonly problem: string }

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** In lower case. Refuses what tells no host from others. */
export function readTypedUuid(text: string): TypedUuid {
  const typed = text.trim()
  if (!UUID.test(typed)) {
    const problem = 'it is not a UUID: type what `dmidecode -s system-uuid` prints on the host'
    return { ok: false, problem }
  }
  if (usableUuid(typed) === '' || usableUuid(swapUuidBytes(typed)) === '') {
    const problem =
      'many hosts have it, since nobody gave them one of their own: leave it away, the address will do'
    return { ok: false, problem }
  }
  return { ok: true, uuid: typed.toLowerCase() }
}

/** The same host, in whatever case and byte order both were written. */
export function isSameUuid(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  return a === b || swapUuidBytes(a) === b
}

/** The other way to write the first three groups. */
function swapUuidBytes(uuid: string): string {
  const [first = '', second = '', third = '', ...rest] = uuid.toLowerCase().split('-')
  const swap = (hex: string): string => (hex.match(/../g) ?? []).toReversed().join('')
  return [swap(first), swap(second), swap(third), ...rest].join('-')
}
