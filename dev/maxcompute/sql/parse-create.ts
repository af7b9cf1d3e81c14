import type { ColumnDef } from '../store/table-def.ts'
import { parseType, TypeSyntaxError } from '../type/odps-type.ts'
import type { OdpsType } from '../type/odps-type.ts'
import { parseError, semanticError } from './sql-error.ts'
import type { CreateTable } from './statement.ts'
import type { TokenReader } from './token-reader.ts'

const NO_LIFECYCLE = -1
const COLUMNS_MAX = 1200
const PARTITION_KINDS = new Set<OdpsType['kind']>([
  'string',
  'varchar',
  'char',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'date',
])

/**
 *     CREATE TABLE [IF NOT EXISTS] t [(columns)] [COMMENT '…'] [PARTITIONED BY (columns)] [TBLPROPERTIES (…)]
 *     [LIFECYCLE n] [AS query]        or        CREATE TABLE [IF NOT EXISTS] t LIKE other
 */
export function parseCreateTable(reader: TokenReader): CreateTable {
  const start = reader.position
  reader.expectWords('CREATE')
  if (!reader.skipWords('TABLE')) {
    throw parseError(
      start,
      'the local endpoint creates plain tables only (no views, external tables, functions)',
    )
  }
  const ifNotExists = reader.skipWords('IF', 'NOT', 'EXISTS')
  const table = reader.tableName()
  const like = reader.skipWords('LIKE') ? reader.tableName() : null
  const columns = reader.isSymbol('(') ? parseColumns(reader) : []
  const options = parseOptions(reader)
  const query = reader.skipWords('AS') ? reader.rest() : null
  if (like === null && query === null && columns.length === 0) throw reader.unexpected("'('")
  const names = [...columns, ...options.partitionKeys].map((c) => c.name)
  const twice = names.find((n, i) => names.indexOf(n) !== i)
  if (twice !== undefined) throw semanticError(start, `column ${twice} is defined twice`)
  if (names.length > COLUMNS_MAX) {
    throw semanticError(start, `a table has at most ${COLUMNS_MAX} columns`)
  }
  for (const key of options.partitionKeys) {
    if (!PARTITION_KINDS.has(key.type.kind)) {
      throw semanticError(start, `partition column ${key.name} cannot be of type ${key.type.kind}`)
    }
  }
  return { kind: 'create-table', table, ifNotExists, columns, query, like, ...options }
}

type Options = Pick<CreateTable, 'comment' | 'partitionKeys' | 'properties' | 'lifecycle'>

function parseOptions(reader: TokenReader): Options {
  let comment = ''
  let partitionKeys: readonly ColumnDef[] = []
  let properties: Readonly<Record<string, string>> = {}
  let lifecycle = NO_LIFECYCLE
  for (;;) {
    if (reader.skipWords('COMMENT')) comment = reader.text()
    else if (reader.skipWords('PARTITIONED', 'BY')) partitionKeys = parseColumns(reader)
    else if (reader.skipWords('TBLPROPERTIES')) properties = parseProperties(reader)
    else if (reader.skipWords('LIFECYCLE')) lifecycle = reader.integer()
    else if (reader.skipWords('STORED', 'AS')) reader.identifier()
    else return { comment, partitionKeys, properties, lifecycle }
  }
}

/** `(name TYPE [NOT NULL | NULL] [COMMENT '…'], …)`. */
export function parseColumns(reader: TokenReader): ColumnDef[] {
  reader.expectSymbol('(')
  const columns: ColumnDef[] = []
  do {
    if (reader.isWord('PRIMARY', 'KEY')) {
      throw semanticError(
        reader.position,
        'tables with a primary key are not supported by the local endpoint',
      )
    }
    columns.push(parseColumn(reader))
  } while (reader.skipSymbol(','))
  reader.expectSymbol(')')
  return columns
}

function parseColumn(reader: TokenReader): ColumnDef {
  const name = reader.identifier()
  const type = parseColumnType(reader)
  let isNullable = true
  let comment = ''
  for (;;) {
    if (reader.skipWords('NOT', 'NULL')) isNullable = false
    else if (reader.skipWords('NULL')) isNullable = true
    else if (reader.skipWords('COMMENT')) comment = reader.text()
    else if (reader.isWord('DEFAULT')) {
      throw semanticError(
        reader.position,
        'column defaults are not supported by the local endpoint',
      )
    } else return { name, type, comment, isNullable }
  }
}

/** The tokens of one type, up to a comma or keyword outside of its brackets. */
function parseColumnType(reader: TokenReader): OdpsType {
  const start = reader.position
  const first = reader.take()
  let end = first.end
  let depth = 0
  for (;;) {
    const token = reader.peek()
    if (token === undefined) break
    const opens = token.kind === 'symbol' && (token.value === '<' || token.value === '(')
    const closes = token.kind === 'symbol' && (token.value === '>' || token.value === ')')
    if (depth === 0 && !opens) break
    if (opens) depth += 1
    if (closes) depth -= 1
    end = reader.take().end
  }
  return columnType(reader.source.slice(first.start, end), start)
}

export function columnType(text: string, position: { line: number; column: number }): OdpsType {
  try {
    return parseType(text)
  } catch (error) {
    if (error instanceof TypeSyntaxError) throw parseError(position, error.message)
    throw error
  }
}

/** `('key' = 'value', …)`. */
export function parseProperties(reader: TokenReader): Record<string, string> {
  const properties: Record<string, string> = {}
  reader.expectSymbol('(')
  do {
    const key = reader.text()
    reader.expectSymbol('=')
    properties[key] = reader.text()
  } while (reader.skipSymbol(','))
  reader.expectSymbol(')')
  return properties
}
