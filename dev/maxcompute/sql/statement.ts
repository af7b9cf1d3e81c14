import type { ColumnDef } from '../store/table-def.ts'
import type { Position } from './sql-error.ts'
import type { Token } from './tokenize.ts'

export interface TableName extends Position {
  /** null: the instance's project. */
  readonly project: string | null
  readonly name: string
}

/** One `key = value` of a PARTITION clause; a value of null is a dynamic partition key. */
export interface PartitionPart {
  readonly name: string
  readonly value: string | null
}

export type PartitionClause = readonly PartitionPart[]

export interface CreateTable {
  readonly kind: 'create-table'
  readonly table: TableName
  readonly ifNotExists: boolean
  readonly columns: readonly ColumnDef[]
  readonly partitionKeys: readonly ColumnDef[]
  readonly comment: string
  readonly lifecycle: number
  readonly properties: Readonly<Record<string, string>>
  /** CREATE TABLE … AS SELECT. */
  readonly query: readonly Token[] | null
  /** CREATE TABLE … LIKE. */
  readonly like: TableName | null
}

export interface Insert {
  readonly kind: 'insert'
  readonly table: TableName
  readonly isOverwrite: boolean
  readonly partition: PartitionClause | null
  readonly columns: readonly string[] | null
  readonly query: readonly Token[]
}

export type AlterAction =
  | {
      readonly kind: 'add-partitions'
      readonly ifNotExists: boolean
      readonly specs: readonly PartitionClause[]
    }
  | {
      readonly kind: 'drop-partitions'
      readonly ifExists: boolean
      readonly specs: readonly PartitionClause[]
    }
  | {
      readonly kind: 'add-columns'
      readonly ifNotExists: boolean
      readonly columns: readonly ColumnDef[]
    }
  | { readonly kind: 'set-lifecycle'; readonly lifecycle: number }
  | { readonly kind: 'set-comment'; readonly comment: string }
  | { readonly kind: 'set-properties'; readonly properties: Readonly<Record<string, string>> }

export type Statement =
  | CreateTable
  | Insert
  | { readonly kind: 'drop-table'; readonly table: TableName; readonly ifExists: boolean }
  | {
      readonly kind: 'truncate'
      readonly table: TableName
      readonly partition: PartitionClause | null
    }
  | { readonly kind: 'alter-table'; readonly table: TableName; readonly action: AlterAction }
  | {
      readonly kind: 'describe'
      readonly table: TableName
      readonly partition: PartitionClause | null
    }
  | { readonly kind: 'show-tables'; readonly project: string | null; readonly prefix: string }
  | { readonly kind: 'show-partitions'; readonly table: TableName }
  | { readonly kind: 'show-create'; readonly table: TableName }
  | { readonly kind: 'set'; readonly key: string; readonly value: string }
  | { readonly kind: 'query'; readonly query: readonly Token[] }
