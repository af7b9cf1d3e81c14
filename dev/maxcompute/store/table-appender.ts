import { DuckDBDataChunk } from '@duckdb/node-api'
import type { DuckDBAppender, DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'

import { toDuckType } from '../type/duckdb-type.ts'
import type { RowBatch } from '../wire/row-batch.ts'
import { DATABASE_NAME } from './database.ts'
import type { ColumnDef } from './table-def.ts'
import { fillVector, writeVector } from './vector-writer.ts'

/** Where a table column's values come from: a column of the batch, or the same value in every row. */
export type ColumnSource =
  | { readonly kind: 'batch'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: DuckDBValue }

/**
 * DuckDB's appender gathers 204,800 rows before it hands them to the transaction, whatever their size: long values
 * are handed over earlier, so that they can be written to disk.
 */
const FLUSH_BYTES = 32 * 1024 * 1024

/** Appends batches to a table inside the connection's transaction, chunk by chunk, without SQL. */
export class TableAppender {
  private readonly appender: DuckDBAppender
  private readonly chunk: DuckDBDataChunk
  private readonly sources: readonly ColumnSource[]
  private unflushedBytes = 0

  private constructor(
    appender: DuckDBAppender,
    columns: readonly ColumnDef[],
    sources: readonly ColumnSource[],
  ) {
    this.appender = appender
    this.sources = sources
    this.chunk = DuckDBDataChunk.create(columns.map((c) => toDuckType(c.type)))
  }

  /** `columns` and `sources` are the table's columns, partition keys last. */
  static async open(
    connection: DuckDBConnection,
    table: { readonly schema: string; readonly name: string },
    columns: readonly ColumnDef[],
    sources: readonly ColumnSource[],
  ): Promise<TableAppender> {
    const appender = await connection.createAppender(table.name, table.schema, DATABASE_NAME)
    return new TableAppender(appender, columns, sources)
  }

  append(batch: RowBatch): void {
    duckdb.data_chunk_reset(this.chunk.chunk)
    this.chunk.rowCount = batch.rowCount
    for (const [i, source] of this.sources.entries()) {
      if (source.kind === 'constant') {
        fillVector(this.chunk, i, batch.rowCount, source.value)
        continue
      }
      const column = batch.columns[source.index]
      if (column === undefined) throw new RangeError(`the batch has no column ${source.index}`)
      writeVector(this.chunk, i, batch, column)
    }
    this.appender.appendDataChunk(this.chunk)
    this.unflushedBytes += textBytes(batch)
    if (this.unflushedBytes < FLUSH_BYTES) return
    this.appender.flushSync()
    this.unflushedBytes = 0
  }

  /** Hands the rows to the transaction; they are committed with it. */
  close(): void {
    this.appender.closeSync()
  }
}

function textBytes(batch: RowBatch): number {
  let bytes = 0
  for (const column of batch.columns) {
    if (column.layout !== 'bytes') continue
    for (let row = 0; row < batch.rowCount; row += 1) {
      if (column.present[row] === 1) bytes += column.lengths[row] as number
    }
  }
  return bytes
}
