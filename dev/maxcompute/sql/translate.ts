import { quoteName, quoteText, toDuckSql } from '../type/duckdb-type.ts'
import { columnType } from './parse-create.ts'
import type { Position } from './sql-error.ts'
import type { Token } from './tokenize.ts'

/** A query in DuckDB's dialect, and where its parts come from. */
export interface Translation {
  readonly sql: string
  /** The place in the source of the character at `offset` of `sql`. */
  positionOf(offset: number): Position
}

const NUMBER_SUFFIXES: Readonly<Record<string, string>> = {
  L: 'BIGINT',
  S: 'SMALLINT',
  Y: 'TINYINT',
  BD: 'DECIMAL(38,18)',
}
const SYMBOLS: Readonly<Record<string, string>> = {
  '==': '=',
  '<=>': 'IS NOT DISTINCT FROM',
  '&&': 'AND',
}
const WORDS: Readonly<Record<string, string>> = { DIV: '//', SUBSTR: 'substr' }

/** Rewrites the tokens of a query: quoting, literals, types in CAST, operators and LIMIT's comma form. */
export function translateQuery(source: string, tokens: readonly Token[]): Translation {
  const parts: { readonly offset: number; readonly token: Token }[] = []
  let sql = ''
  for (let i = 0; i < tokens.length;) {
    const token = tokens[i] as Token
    const [text, taken] = rewrite(source, tokens, i)
    parts.push({ offset: sql.length, token })
    sql += `${text} `
    i += taken
  }
  const positionOf = (offset: number): Position => {
    const part = parts.findLast((p) => p.offset <= offset) ?? parts[0]
    return part === undefined
      ? { line: 1, column: 1 }
      : { line: part.token.line, column: part.token.column }
  }
  return { sql: sql.trimEnd(), positionOf }
}

/** The text for the token at `i`, and how many tokens it stands for. */
function rewrite(source: string, tokens: readonly Token[], i: number): [string, number] {
  const token = tokens[i] as Token
  switch (token.kind) {
    case 'name':
      return [quoteName(token.value.toLowerCase()), 1]
    case 'text':
      return [quoteText(token.value), 1]
    case 'number':
      return [rewriteNumber(token.value), 1]
    case 'symbol':
      return [SYMBOLS[token.value] ?? token.value, 1]
    case 'word':
      return rewriteWord(source, tokens, i)
  }
}

function rewriteWord(source: string, tokens: readonly Token[], i: number): [string, number] {
  const token = tokens[i] as Token
  const word = token.value.toUpperCase()
  const next = tokens[i + 1]
  if (word === 'AS' && isCastType(tokens, i)) {
    const end = closingParenthesis(tokens, i + 1)
    const first = tokens[i + 1] as Token
    const last = tokens[end - 1] as Token
    const type = columnType(source.slice(first.start, last.end), first)
    return [`AS ${toDuckSql(type)}`, end - i]
  }
  if (word === 'DATETIME' && next?.kind === 'text') {
    return [`CAST(${quoteText(next.value)} AS TIMESTAMP_MS)`, 2]
  }
  if (word === 'ARRAY' && next?.kind === 'symbol' && next.value === '(') return ['list_value', 1]
  const comma = tokens[i + 2]
  if (word === 'LIMIT' && comma?.kind === 'symbol' && comma.value === ',') {
    return [`LIMIT ${tokens[i + 3]?.value ?? ''} OFFSET ${next?.value ?? ''}`, 4]
  }
  return [WORDS[word] ?? token.value, 1]
}

function rewriteNumber(text: string): string {
  const match = /^(.*?)(BD|[LSY])$/i.exec(text)
  const type = NUMBER_SUFFIXES[match?.[2]?.toUpperCase() ?? '']
  return match === null || type === undefined ? text : `CAST(${match[1] ?? ''} AS ${type})`
}

/** Whether the AS at `i` belongs to a CAST: the parenthesis around it follows that word. */
function isCastType(tokens: readonly Token[], i: number): boolean {
  let depth = 0
  for (let at = i - 1; at > 0; at -= 1) {
    const token = tokens[at] as Token
    if (token.kind !== 'symbol') continue
    if (token.value === ')') depth += 1
    if (token.value !== '(') continue
    if (depth === 0) {
      const before = tokens[at - 1]
      return before?.kind === 'word' && /^(?:TRY_)?CAST$/i.test(before.value)
    }
    depth -= 1
  }
  return false
}

function closingParenthesis(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at] as Token
    if (token.kind !== 'symbol') continue
    if (token.value === '(') depth += 1
    if (token.value === ')') {
      if (depth === 0) return at
      depth -= 1
    }
  }
  return tokens.length
}
