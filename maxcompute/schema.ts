/** Columns and tables as the REST API and the Tunnel describe them, in JSON. */

import { MaxComputeError } from './errors.ts'
import { type MaxComputeType, parseType } from './types.ts'

export interface TableColumn {
  readonly name: string
  readonly type: MaxComputeType
  readonly nullable: boolean
  readonly comment: string
}

export interface TableSchema {
  /** Data columns, in the order of the Tunnel's streams. */
  readonly columns: readonly TableColumn[]
  readonly partitionKeys: readonly TableColumn[]
}

export type Json = Readonly<Record<string, unknown>>

/** A JSON object out of text. Throws UnexpectedResponse. */
export function parseJsonObject(text: string, where: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw unexpected(where, 'the answer is not JSON', thrown)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw unexpected(where, 'the answer is not a JSON object')
}

/** `columns` and `partitionKeys` of a table's or a session's schema. */
export function parseSchema(schema: Json, where: string): TableSchema {
  return {
    columns: parseColumns(schema['columns'], where),
    partitionKeys: parseColumns(schema['partitionKeys'] ?? [], where),
  }
}

function parseColumns(columns: unknown, where: string): TableColumn[] {
  if (!Array.isArray(columns)) throw unexpected(where, 'the schema has no columns')
  return (columns as readonly unknown[]).map((column) => {
    if (typeof column !== 'object' || column === null) {
      throw unexpected(where, 'a column is not an object')
    }
    const { name, type, nullable, isNullable, comment } = column as Json
    if (typeof name !== 'string' || typeof type !== 'string') {
      throw unexpected(where, 'a column has no name or no type')
    }
    return {
      name,
      type: parseType(type),
      nullable: asBoolean(nullable ?? isNullable ?? true),
      comment: typeof comment === 'string' ? comment : '',
    }
  })
}

/** Booleans come as booleans and as text. */
export function asBoolean(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true')
}

function unexpected(where: string, what: string, cause?: unknown): MaxComputeError {
  return new MaxComputeError('UnexpectedResponse', `${where}: ${what}`, {
    httpStatus: 200,
    cause,
  })
}
