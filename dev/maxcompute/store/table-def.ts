import { formatType, parseType } from '../type/odps-type.ts'
import type { OdpsType } from '../type/odps-type.ts'

export interface ColumnDef {
  readonly name: string
  readonly type: OdpsType
  readonly comment: string
  readonly isNullable: boolean
}

export interface TableDef {
  readonly id: string
  readonly project: string
  readonly name: string
  /** Data columns, in the order of the upload stream. */
  readonly columns: readonly ColumnDef[]
  readonly partitionKeys: readonly ColumnDef[]
  readonly comment: string
  /** Days; -1 for none. */
  readonly lifecycle: number
  readonly properties: Readonly<Record<string, string>>
  readonly createdMs: number
  readonly lastDdlMs: number
  readonly lastModifiedMs: number
}

export interface PartitionDef {
  /** One value per partition key, in the order of the keys. */
  readonly values: readonly string[]
  readonly createdMs: number
  readonly lastModifiedMs: number
}

interface StoredColumn {
  readonly name: string
  readonly type: string
  readonly comment: string
  readonly nullable: boolean
}

type StoredTable = Omit<TableDef, 'columns' | 'partitionKeys'> & {
  readonly columns: readonly StoredColumn[]
  readonly partitionKeys: readonly StoredColumn[]
}

export function encodeTable(table: TableDef): string {
  const stored: StoredTable = {
    ...table,
    columns: table.columns.map(encodeColumn),
    partitionKeys: table.partitionKeys.map(encodeColumn),
  }
  return JSON.stringify(stored)
}

export function decodeTable(json: string): TableDef {
  const stored = JSON.parse(json) as StoredTable
  return {
    ...stored,
    columns: stored.columns.map(decodeColumn),
    partitionKeys: stored.partitionKeys.map(decodeColumn),
  }
}

export function encodeColumn(column: ColumnDef): StoredColumn {
  const { name, comment } = column
  return { name, type: formatType(column.type), comment, nullable: column.isNullable }
}

export function decodeColumn(stored: StoredColumn): ColumnDef {
  const { name, comment } = stored
  return { name, type: parseType(stored.type), comment, isNullable: stored.nullable }
}

/** The text that names a partition in messages and keys: `pt=20240101/hh=08`. */
export function partitionText(table: TableDef, values: readonly string[]): string {
  return table.partitionKeys.map((key, i) => `${key.name}=${values[i] ?? ''}`).join('/')
}

/** Whether only DuckDB's own INSERT may write it: delta tables with a primary key are not supported here. */
export function isTransactional(table: TableDef): boolean {
  return table.properties['transactional']?.toLowerCase() === 'true'
}
