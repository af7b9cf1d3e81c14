import type { Database } from '../store/database.ts'
import { fromDuckValue } from '../store/duck-value.ts'
import type { ColumnDef } from '../store/table-def.ts'
import { quoteName } from '../type/duckdb-type.ts'
import type { Value } from '../wire/value.ts'

const TEXT_KINDS = new Set(['string', 'varchar', 'char', 'json'])

/** A fixed set of rows in a stable order: `from` is a table or query, `where` a condition or ''. */
export interface RowSource {
  readonly from: string
  readonly where: string
  readonly columns: readonly ColumnDef[]
  /** The DuckDB names of the columns, where they differ from the announced ones. */
  readonly names?: readonly string[]
}

/** Up to 2048 rows, one array of values a column. */
export type ColumnValues = readonly (readonly Value[])[]

export async function countRows(database: Database, source: RowSource): Promise<number> {
  const connection = await database.connect()
  try {
    const reader = await connection.runAndReadAll(
      `SELECT count(*) FROM ${source.from}${whereClause(source)}`,
    )
    return Number(reader.getRows()[0]?.[0] ?? 0)
  } finally {
    connection.closeSync()
  }
}

/**
 * Reads rows `start .. start + count` of a source, in insertion order (DuckDB keeps it for LIMIT and OFFSET),
 * with the columns at `indexes`.
 */
export async function* readRows(
  database: Database,
  source: RowSource,
  indexes: readonly number[],
  start: number,
  count: number,
): AsyncGenerator<ColumnValues> {
  const types = indexes.map((i) => columnAt(source, i).type)
  const list = indexes.map((i) => {
    const name = quoteName(source.names?.[i] ?? columnAt(source, i).name)
    // As BLOB: the client then gives bytes, without a detour over a JavaScript string.
    return TEXT_KINDS.has(columnAt(source, i).type.kind) ? `encode(${name})` : name
  })
  const connection = await database.connect()
  try {
    const result = await connection.stream(
      `SELECT ${list.join(', ')} FROM ${source.from}${whereClause(source)} LIMIT ${count} OFFSET ${start}`,
    )
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      yield types.map((type, i) => chunk.getColumnValues(i).map((v) => fromDuckValue(type, v)))
    }
  } finally {
    connection.closeSync()
  }
}

function columnAt(source: RowSource, index: number): ColumnDef {
  const column = source.columns[index]
  if (column === undefined) throw new RangeError(`there is no column ${index}`)
  return column
}

function whereClause(source: RowSource): string {
  return source.where === '' ? '' : ` WHERE ${source.where}`
}
