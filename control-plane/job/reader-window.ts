/**
 * Where a run begins and ends, from the parameters of both generations of the reader. For each
 * edge exactly one way of saying it may be used:
 *
 *   begin: beginOffset | beginDateTime | beginTimestampMillis | beginType earliest, current, ledger
 *   end:   endOffset   | endDateTime   | endTimestampMillis   | endType latest
 *
 * (`specific` only says that a time follows.) The window is `[begin, end)`.
 */
import { DateTime } from 'luxon'

import type { Fields } from './fields.ts'
import type { Begin, End } from './job.ts'
import type { JsonString } from './json-node.ts'
import type { ProblemList } from './problem-list.ts'

/** Latest time that a Date can hold. */
const EPOCH_MS_MAX = 8_640_000_000_000_000
const BEGIN_WORDS: Readonly<Record<string, Begin>> = {
  seektobeginning: { kind: 'beginning' },
  seektolast: { kind: 'groupOffset' },
  seektoend: { kind: 'end' },
}

/** null: missing or wrong, and reported. */
export function readWindow(
  fields: Fields,
  timeZone: string,
): { begin: Begin | null; end: End | null } {
  const begin = readBegin(fields, timeZone)
  const end = readEnd(fields, timeZone, begin)
  if (begin !== null && end !== null) checkOrder(fields, begin, end)
  return { begin, end }
}

function readBegin(fields: Fields, timeZone: string): Begin | null {
  const types = ['specific', 'earliest', 'current', 'ledger'] as const
  const type = fields.choice('beginType', types)
  const candidates: [string, Begin | null][] = [
    ['beginOffset', readBeginOffset(fields)],
    ['beginDateTime', readDateTime(fields, 'beginDateTime', timeZone)],
    ['beginTimestampMillis', readMillis(fields, 'beginTimestampMillis')],
  ]
  const given = candidates.filter(([key]) => fields.has(key))
  const chosen = oneOf(fields, given, 'beginType', type)
  if (chosen !== undefined) return chosen
  if (type === 'earliest') return { kind: 'beginning' }
  if (type === 'current') return { kind: 'groupOffset' }
  if (type === 'ledger') return { kind: 'ledger' }
  // A beginType that is no known word was reported already.
  if (type === null && fields.has('beginType')) return null
  const what =
    type === 'specific'
      ? 'with beginType specific it says where to begin'
      : 'or one of beginType (earliest, current, ledger), beginOffset, beginTimestampMillis'
  fields.require('beginDateTime', `yyyymmddhhmmss, ${what}`)
  return null
}

function readEnd(fields: Fields, timeZone: string, begin: Begin | null): End | null {
  const type = fields.choice('endType', ['specific', 'latest'])
  const offset = fields.integer('endOffset', 0, Number.MAX_SAFE_INTEGER)
  const candidates: [string, End | null][] = [
    ['endOffset', offset === null ? null : { kind: 'offset', offset }],
    ['endDateTime', readDateTime(fields, 'endDateTime', timeZone)],
    ['endTimestampMillis', readMillis(fields, 'endTimestampMillis')],
  ]
  const given = candidates.filter(([key]) => fields.has(key))
  const chosen = oneOf(fields, given, 'endType', type)
  if (chosen !== undefined) return chosen
  if (type === 'latest') return { kind: 'latest' }
  if (type === null && fields.has('endType')) return null
  if (type === 'specific') {
    fields.require('endDateTime', 'yyyymmddhhmmss, with endType specific it says where to end')
    return null
  }
  if (begin?.kind === 'time') {
    fields.require('endDateTime', 'a begin by time needs an end (or endType latest)')
    return null
  }
  const message = `No end is given: each run ends at the log's end at the moment it is planned (endType latest).`
  fields.problems.noteAt('defaulted', fields.place('endType'), message)
  return { kind: 'latest' }
}

/** The one edge that was given; undefined: none, so the type decides. */
function oneOf<T>(
  fields: Fields,
  given: readonly (readonly [string, T | null])[],
  typeKey: string,
  type: string | null,
): T | null | undefined {
  const [first, ...others] = given
  if (first === undefined) return undefined
  const contradicts = (key: string, message: string): void =>
    fields.problems.errorAt('conflict', fields.place(key), message)
  for (const [key] of others) {
    contradicts(key, `"${first[0]}" and "${key}" exclude each other; keep one of the two.`)
  }
  const [key, edge] = first
  if (type !== null && type !== 'specific') {
    contradicts(key, `"${key}" contradicts ${typeKey} "${type}"; keep one of the two.`)
  } else if (type === 'specific' && key.endsWith('Offset')) {
    contradicts(key, `${typeKey} "specific" means a time; leave it out to use "${key}".`)
  }
  return edge
}

function readBeginOffset(fields: Fields): Begin | null {
  const text = fields.text('beginOffset')
  if (text === null) return null
  const word = BEGIN_WORDS[text.value.toLowerCase()]
  if (word !== undefined) {
    if (word.kind === 'end') {
      fields.problems.note('no-effect', text, 'seekToEnd begins at the end: the run reads nothing.')
    }
    return word
  }
  const offset = /^\d+$/.test(text.value) ? Number(text.value) : NaN
  if (Number.isSafeInteger(offset)) return { kind: 'offset', offset }
  const expected = 'a number, seekToBeginning, seekToLast or seekToEnd'
  const message = `"beginOffset" must be ${expected}, but is "${text.value}".`
  fields.problems.error('not-allowed', text, message, expected)
  return null
}

function readMillis(fields: Fields, key: string): { kind: 'time'; epochMs: number } | null {
  const epochMs = fields.integer(key, 0, EPOCH_MS_MAX)
  return epochMs === null ? null : { kind: 'time', epochMs }
}

function readDateTime(
  fields: Fields,
  key: string,
  timeZone: string,
): { kind: 'time'; epochMs: number } | null {
  const text = fields.text(key)
  if (text === null) return null
  const epochMs = parseDateTime(text, key, timeZone, fields.problems)
  return epochMs === null ? null : { kind: 'time', epochMs }
}

function parseDateTime(
  text: JsonString,
  key: string,
  timeZone: string,
  problems: ProblemList,
): number | null {
  const pattern = 'yyyyMMddHHmmss'
  const options = { zone: timeZone, locale: 'en-US' }
  const time = /^\d{14}$/.test(text.value)
    ? DateTime.fromFormat(text.value, pattern, options)
    : DateTime.invalid('form')
  if (!time.isValid) {
    const expected = 'yyyymmddhhmmss'
    const message = `"${key}" must be a time written ${expected} (14 digits), but is "${text.value}".`
    problems.error('bad-format', text, message, expected)
    return null
  }
  if (time.toFormat(pattern) !== text.value) {
    const moved = time.toFormat('yyyy-MM-dd HH:mm:ss')
    const message = `In ${timeZone} the clock skips this time when it is changed; ${moved} is taken.`
    problems.note('defaulted', text, message)
  }
  return time.toMillis()
}

function checkOrder(fields: Fields, begin: Begin, end: End): void {
  const byTime = begin.kind === 'time' && end.kind === 'time' && begin.epochMs > end.epochMs
  const byOffset = begin.kind === 'offset' && end.kind === 'offset' && begin.offset > end.offset
  if (!byTime && !byOffset) return
  const keys = byTime ? ['endDateTime', 'endTimestampMillis'] : ['endOffset']
  const key = keys.find((candidate) => fields.has(candidate)) ?? 'endOffset'
  const message = `"${key}" lies before the begin; the window is [begin, end).`
  fields.problems.errorAt('conflict', fields.place(key), message)
}
