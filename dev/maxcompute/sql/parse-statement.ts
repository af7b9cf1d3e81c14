import { parseCreateTable, parseColumns, parseProperties } from './parse-create.ts'
import { parseError } from './sql-error.ts'
import type { AlterAction, Insert, PartitionClause, PartitionPart, Statement } from './statement.ts'
import { TokenReader } from './token-reader.ts'
import type { Token } from './tokenize.ts'

const QUERY_WORDS = ['SELECT', 'WITH', 'FROM', 'VALUES']

/** Parses one statement. Queries stay tokens: DuckDB parses them. */
export function parseStatement(source: string, tokens: readonly Token[]): Statement {
  const reader = new TokenReader(source, tokens)
  if (QUERY_WORDS.some((w) => reader.isWord(w)) || reader.isSymbol('(')) {
    return { kind: 'query', query: reader.rest() }
  }
  const statement = parseCommand(reader)
  reader.end()
  return statement
}

function parseCommand(reader: TokenReader): Statement {
  if (reader.isWord('CREATE')) return parseCreateTable(reader)
  if (reader.skipWords('DROP', 'TABLE')) {
    const ifExists = reader.skipWords('IF', 'EXISTS')
    const table = reader.tableName()
    reader.skipWords('PURGE')
    return { kind: 'drop-table', table, ifExists }
  }
  if (reader.skipWords('TRUNCATE', 'TABLE')) {
    const table = reader.tableName()
    return { kind: 'truncate', table, partition: partitionClause(reader) }
  }
  if (reader.skipWords('ALTER', 'TABLE')) {
    const table = reader.tableName()
    return { kind: 'alter-table', table, action: alterAction(reader) }
  }
  if (reader.skipWords('INSERT')) return parseInsert(reader)
  if (reader.skipWords('DESC') || reader.skipWords('DESCRIBE')) {
    reader.skipWords('EXTENDED')
    const table = reader.tableName()
    return { kind: 'describe', table, partition: partitionClause(reader) }
  }
  if (reader.skipWords('SHOW')) return parseShow(reader)
  if (reader.skipWords('SET')) return parseSet(reader)
  throw reader.unexpected('a statement that the local endpoint knows (see its README)')
}

function parseInsert(reader: TokenReader): Insert {
  const isOverwrite = reader.skipWords('OVERWRITE')
  if (!isOverwrite) reader.expectWords('INTO')
  reader.skipWords('TABLE')
  const table = reader.tableName()
  const partition = partitionClause(reader)
  const columns = columnList(reader)
  if (!QUERY_WORDS.some((w) => reader.isWord(w)) && !reader.isSymbol('(')) {
    throw reader.unexpected('SELECT or VALUES')
  }
  return { kind: 'insert', table, isOverwrite, partition, columns, query: reader.rest() }
}

/** `(a, b)` in front of SELECT or VALUES; a parenthesis may also begin the query itself. */
function columnList(reader: TokenReader): string[] | null {
  const second = reader.peek(1)
  if (!reader.isSymbol('(') || second === undefined) return null
  if (second.kind === 'word' && QUERY_WORDS.includes(second.value.toUpperCase())) return null
  reader.expectSymbol('(')
  const columns = [reader.identifier()]
  while (reader.skipSymbol(',')) columns.push(reader.identifier())
  reader.expectSymbol(')')
  return columns
}

function alterAction(reader: TokenReader): AlterAction {
  if (reader.skipWords('ADD')) {
    const ifNotExists = reader.skipWords('IF', 'NOT', 'EXISTS')
    if (reader.isWord('PARTITION')) {
      return { kind: 'add-partitions', ifNotExists, specs: partitionClauses(reader) }
    }
    if (!reader.skipWords('COLUMNS')) reader.expectWords('COLUMN')
    const ifNone = reader.skipWords('IF', 'NOT', 'EXISTS') || ifNotExists
    return { kind: 'add-columns', ifNotExists: ifNone, columns: parseColumns(reader) }
  }
  if (reader.skipWords('DROP')) {
    const ifExists = reader.skipWords('IF', 'EXISTS')
    return { kind: 'drop-partitions', ifExists, specs: partitionClauses(reader) }
  }
  reader.expectWords('SET')
  if (reader.skipWords('LIFECYCLE')) return { kind: 'set-lifecycle', lifecycle: reader.integer() }
  if (reader.skipWords('COMMENT')) return { kind: 'set-comment', comment: reader.text() }
  reader.expectWords('TBLPROPERTIES')
  return { kind: 'set-properties', properties: parseProperties(reader) }
}

function partitionClauses(reader: TokenReader): PartitionClause[] {
  const clauses: PartitionClause[] = []
  for (;;) {
    const clause = partitionClause(reader)
    if (clause === null) break
    clauses.push(clause)
    reader.skipSymbol(',')
  }
  if (clauses.length === 0) throw reader.unexpected("'PARTITION'")
  return clauses
}

function partitionClause(reader: TokenReader): PartitionClause | null {
  if (!reader.skipWords('PARTITION')) return null
  reader.expectSymbol('(')
  const parts = [partitionPart(reader)]
  while (reader.skipSymbol(',') || reader.skipSymbol('/')) parts.push(partitionPart(reader))
  reader.expectSymbol(')')
  return parts
}

function partitionPart(reader: TokenReader): PartitionPart {
  const name = reader.identifier()
  if (!reader.skipSymbol('=')) return { name, value: null }
  const token = reader.take()
  if (token.kind === 'text' || token.kind === 'number') return { name, value: token.value }
  throw parseError(token, 'a partition value is a string or a number')
}

function parseShow(reader: TokenReader): Statement {
  if (reader.skipWords('TABLES')) {
    const project = reader.skipWords('IN') || reader.skipWords('FROM') ? reader.identifier() : null
    const prefix = reader.skipWords('LIKE') ? reader.text().replace(/[*%].*$/, '') : ''
    return { kind: 'show-tables', project, prefix }
  }
  if (reader.skipWords('PARTITIONS')) return { kind: 'show-partitions', table: reader.tableName() }
  if (reader.skipWords('CREATE', 'TABLE')) return { kind: 'show-create', table: reader.tableName() }
  throw reader.unexpected('TABLES, PARTITIONS or CREATE TABLE')
}

/** `SET a.b.c = anything`: the value is the source text up to the end. */
function parseSet(reader: TokenReader): Statement {
  const tokens = reader.rest()
  const equals = tokens.findIndex((t) => t.kind === 'symbol' && t.value === '=')
  const first = tokens[0]
  const last = tokens.at(-1)
  const sign = tokens[equals]
  if (first === undefined || last === undefined || sign === undefined) {
    throw parseError(reader.position, 'SET needs key=value')
  }
  const key = reader.source.slice(first.start, sign.start).trim()
  return { kind: 'set', key, value: reader.source.slice(sign.end, last.end).trim() }
}
