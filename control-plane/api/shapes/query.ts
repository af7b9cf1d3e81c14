import { Type, type Static } from 'typebox'

import { QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX, SQL_CHARS_MAX } from '../limits.ts'
import { AnyJson, Name, Nullable } from './building-blocks.ts'

export const QueryInput = Type.Object(
  {
    datasource: Name,
    group: Type.Optional(Nullable(Name)),
    sql: Type.String({ minLength: 1, maxLength: SQL_CHARS_MAX }),
    rowsMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: QUERY_ROWS_MAX, default: QUERY_ROWS_DEFAULT }),
    ),
  },
  { additionalProperties: false },
)

export const QueryAnswer = Type.Object({
  queryId: Type.String(),
  state: Type.Enum(['succeeded', 'failed', 'killed']),
  result: AnyJson,
  error: AnyJson,
})
export type QueryAnswer = Static<typeof QueryAnswer>
