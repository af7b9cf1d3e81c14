import { parseError, semanticError, SqlError, tableNotFound } from './sql-error.ts'
import type { Position } from './sql-error.ts'

interface DuckFailure {
  readonly exception_type?: string
  readonly exception_message?: string
  readonly position?: string
  readonly type?: string
  readonly name?: string
}

const TABLE_OF_NO_SCHEMA = /^Table with name "?([^" ]+)"? does not exist/

/** Says a DuckDB failure in the service's words; `positionOf` maps offsets of the query that ran. */
export function fromDuckError(
  error: unknown,
  project: string,
  positionOf: ((offset: number) => Position) | null,
): SqlError {
  if (error instanceof SqlError) return error
  const failure = readFailure(error)
  const message = (failure.exception_message ?? '').split('\n')[0] ?? ''
  const offset = Number(failure.position ?? Number.NaN)
  const position = positionOf === null || Number.isNaN(offset) ? null : positionOf(offset)
  switch (failure.exception_type) {
    case 'Parser':
      return parseError(position, message)
    case 'Catalog': {
      const table = failure.type === 'Table' ? failure.name : TABLE_OF_NO_SCHEMA.exec(message)?.[1]
      if (table !== undefined) return tableNotFound(position, project, table)
      if (failure.name !== undefined && failure.type?.includes('Function') === true) {
        return semanticError(position, `function or view '${failure.name}' cannot be resolved`)
      }
      return semanticError(position, message)
    }
    case 'Binder':
      return semanticError(position, message)
    case 'Conversion':
    case 'Out of Range':
    case 'Mismatch Type':
      return new SqlError('ODPS-0123091', position, `Illegal type cast - ${message}`, {
        cause: error,
      })
    case 'Constraint':
    case 'Invalid Input':
      return new SqlError('ODPS-0121095', position, `Invalid argument - ${message}`, {
        cause: error,
      })
    default:
      return new SqlError('ODPS-0010000', position, `System internal error - ${message}`, {
        cause: error,
      })
  }
}

function readFailure(error: unknown): DuckFailure {
  const text = error instanceof Error ? error.message : String(error)
  const brace = text.indexOf('{')
  if (brace < 0) return { exception_message: text }
  try {
    return JSON.parse(text.slice(brace)) as DuckFailure
  } catch {
    return { exception_message: text }
  }
}
