/** What the writer's settings must agree on with the table: pure. */
import type { TableColumn } from '../../maxcompute/schema.ts'
import { formatType, type MaxComputeType } from '../../maxcompute/types.ts'
import type { PartitionColumn } from '../../proto/gen/sluice/agent/v1/PartitionColumn.ts'
import type { TableColumn as WireColumn } from '../../proto/gen/sluice/agent/v1/TableColumn.ts'
import { WorkFailure } from './work-error.ts'

export interface TableFacts {
  /** As the user wrote it, with project. */
  readonly name: string
  /** As the service says: MANAGED_TABLE, VIRTUAL_VIEW, … */
  readonly type: string
  /** Not empty: a delta table. */
  readonly primaryKey: readonly string[]
  readonly columns: readonly TableColumn[]
  readonly partitionKeys: readonly TableColumn[]
}

export interface WriterWish {
  /** Names, or `['*']`: all. */
  readonly columns: readonly string[]
  readonly readerColumnCount: number
  readonly partitionSpec: readonly PartitionColumn[]
}

/** Throws a `WorkFailure` that names what does not fit. Everything is found here, before anything is written. */
export function checkTable(table: TableFacts, wish: WriterWish): void {
  checkKind(table)
  const columns = checkColumns(table, wish)
  checkNotNull(table, columns)
  checkPartition(table, wish.partitionSpec)
}

const KINDS: Readonly<Record<string, string>> = {
  VIRTUAL_VIEW: 'a view',
  MATERIALIZED_VIEW: 'a materialized view',
  EXTERNAL_TABLE: 'an external table',
  OBJECT_TABLE: 'an object table',
}

function checkKind(table: TableFacts): void {
  const kind = KINDS[table.type] ?? (table.primaryKey.length > 0 ? 'a primary key table' : null)
  if (kind === null) return
  throw new WorkFailure(
    'TABLE_UNSUPPORTED',
    `Table ${table.name} is ${kind}, which takes no batch uploads: write to an ordinary table and go on from there by SQL.`,
    { where: { table: table.name } },
  )
}

function checkColumns(table: TableFacts, wish: WriterWish): ReadonlySet<string> {
  const all = table.columns.map((column) => column.name.toLowerCase())
  const isAll = wish.columns.length === 1 && wish.columns[0] === '*'
  const wanted = isAll ? all : wish.columns.map((name) => name.toLowerCase())
  for (const [i, name] of wanted.entries()) {
    if (!all.includes(name)) throw columnNotFound(table, wish.columns[i]!)
    if (wanted.indexOf(name) < i) {
      throw new WorkFailure(
        'COLUMN_COUNT_MISMATCH',
        `The writer names column "${wish.columns[i]}" twice: each column takes one value.`,
        { where: { table: table.name, column: name } },
      )
    }
  }
  if (wanted.length !== wish.readerColumnCount) {
    const whose = isAll ? `table ${table.name} has` : 'the writer has'
    throw new WorkFailure(
      'COLUMN_COUNT_MISMATCH',
      `The reader has ${wish.readerColumnCount} columns and ${whose} ${wanted.length} (${shown(wanted)}): give both the same number, they are matched by position.`,
      { where: { table: table.name } },
    )
  }
  return new Set(wanted)
}

function columnNotFound(table: TableFacts, name: string): WorkFailure {
  const names = table.columns.map((column) => column.name)
  const isKey = table.partitionKeys.some((key) => key.name.toLowerCase() === name.toLowerCase())
  const near = nearest(name, names)
  const hint = isKey
    ? ' It is a partition key: its value belongs into the writer\'s "partition".'
    : near === null
      ? ''
      : ` Did you mean "${near}"?`
  return new WorkFailure(
    'COLUMN_NOT_FOUND',
    `Table ${table.name} has no column "${name}".${hint} Its columns are ${shown(names)}.`,
    { where: { table: table.name, column: name } },
  )
}

const COLUMNS_SHOWN_MAX = 100

function shown(names: readonly string[]): string {
  const rest = names.length - COLUMNS_SHOWN_MAX
  const list = names.slice(0, COLUMNS_SHOWN_MAX).join(', ')
  return rest > 0 ? `${list} and ${rest} more` : list
}

/** The name that differs in at most two letters (one for short names); null: there is none. */
export function nearest(name: string, names: readonly string[]): string | null {
  const limit = name.length < 4 ? 1 : 2
  let best: string | null = null
  let bestDistance = limit + 1
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

function checkNotNull(table: TableFacts, written: ReadonlySet<string>): void {
  const missing = table.columns.find((c) => !c.nullable && !written.has(c.name.toLowerCase()))
  if (missing === undefined) return
  throw new WorkFailure(
    'COLUMN_COUNT_MISMATCH',
    `Column "${missing.name}" of table ${table.name} is NOT NULL and the job does not write it: add it to the writer's columns, or allow NULL in the table.`,
    { where: { table: table.name, column: missing.name } },
  )
}

function checkPartition(table: TableFacts, spec: readonly PartitionColumn[]): void {
  const keys = table.partitionKeys.map((key) => key.name)
  const given = spec.map((part) => part.name)
  const missing = keys.filter((key) => !hasName(given, key))
  const extra = given.filter((name) => !hasName(keys, name))
  const twice = given.filter((name, i) => hasName(given.slice(0, i), name))
  if (missing.length === 0 && extra.length === 0 && twice.length === 0) return
  const problem =
    keys.length === 0
      ? `is not partitioned, but the job names a partition (${shown(given)}): leave "partition" out`
      : `is partitioned by ${keys.join(', ')}; the job's partition spec ${problemOf(missing, extra, twice)}: name each key once, as ${keys.map((k) => `${k}=…`).join(',')}`
  throw new WorkFailure('PARTITION_SPEC_INVALID', `Table ${table.name} ${problem}.`, {
    where: {
      table: table.name,
      partitionSpec: spec.map((part) => `${part.name}=${part.value}`).join(','),
    },
  })
}

function problemOf(
  missing: readonly string[],
  extra: readonly string[],
  twice: readonly string[],
): string {
  const parts: string[] = []
  if (missing.length > 0) parts.push(`lacks ${missing.join(', ')}`)
  if (extra.length > 0) parts.push(`has ${extra.join(', ')}, which is no key`)
  if (twice.length > 0) parts.push(`has ${twice.join(', ')} twice`)
  return parts.join(' and ')
}

function hasName(names: readonly string[], name: string): boolean {
  return names.some((other) => other.toLowerCase() === name.toLowerCase())
}

/** Columns as the link carries them. */
export function wireColumns(columns: readonly TableColumn[]): WireColumn[] {
  return columns.map(({ name, type, nullable }) => ({
    name,
    type: typeText(type),
    nullable,
  }))
}

/** As in DDL. Field names of a struct keep their case. */
function typeText(type: MaxComputeType): string {
  const text = formatType(type)
  return text.includes('STRUCT') ? text : text.toLowerCase()
}
