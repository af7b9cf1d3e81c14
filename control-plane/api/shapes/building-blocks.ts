/** Schemas that more than one resource uses. One declaration: types, validation and OpenAPI. */
import { Type, type Static, type TSchema } from 'typebox'

import { API_ERROR_CODES } from '../api-error.ts'
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '../limits.ts'
import { NAME_PATTERN, NAME_RULE } from '../name-pattern.ts'

/** Of groups, agents, data sources, jobs and tokens. */
export const Name = Type.String({
  pattern: NAME_PATTERN,
  description: NAME_RULE,
})

export const NameParams = Type.Object({ name: Name })

export const Labels = Type.Record(
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_./-]{0,59}$' }),
  Type.String({ maxLength: 100 }),
  { maxProperties: 32, additionalProperties: false, description: 'Free words, key to value.' },
)

export const Millis = Type.Integer({ description: 'Milliseconds since 1970-01-01T00:00:00Z.' })

export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** What is stored as JSON and goes out as it is. */
export const AnyJson = Type.Unknown()

export const ProblemShape = Type.Object({
  severity: Type.Enum(['error', 'note']),
  code: Type.String(),
  path: Type.String({ description: 'JSON path, $.steps[0].parameter.topic' }),
  line: Nullable(Type.Integer()),
  column: Nullable(Type.Integer()),
  found: Nullable(Type.String()),
  expected: Nullable(Type.String()),
  message: Type.String(),
})
export type ProblemShape = Static<typeof ProblemShape>

export const ErrorAnswer = Type.Object({
  error: Type.Object({
    code: Type.Enum([...API_ERROR_CODES]),
    message: Type.String(),
    where: Type.Optional(Type.String()),
    problems: Type.Optional(Type.Array(ProblemShape)),
  }),
})
export type ErrorAnswer = Static<typeof ErrorAnswer>

/** The answers of a route: one success, and the one error shape for everything else. */
export function answers<S extends number, T extends TSchema>(status: S, schema: T) {
  return { [status]: schema, '4xx': ErrorAnswer, '5xx': ErrorAnswer } as Record<S, T> & {
    '4xx': typeof ErrorAnswer
    '5xx': typeof ErrorAnswer
  }
}

export const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: PAGE_ITEMS_MAX, default: PAGE_ITEMS_DEFAULT }),
)

export function ListOf<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item) })
}

export const Nothing = Type.Object({})
