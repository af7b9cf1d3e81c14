import { parseError } from './sql-error.ts'
import type { Position } from './sql-error.ts'

/**
 * word: bare identifier or keyword. name: back-quoted identifier. text: string literal ('…' or "…", backslash
 * escapes). number: with its suffix (L, S, Y, BD). symbol: everything else.
 */
export interface Token extends Position {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'symbol'
  /** The meaning: an identifier without quotes, a string's content, a symbol. */
  readonly value: string
  /** Where the token stands in the source, in characters. */
  readonly start: number
  readonly end: number
}

const SPACE = /(?:\s|--[^\n]*|\/\*[\s\S]*?\*\/)+/uy
const WORD = /[\p{L}_@$][\p{L}\p{N}_@$]*/uy
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|bd|[LlSsYy](?![\p{L}\p{N}_]))?/uy
const NAME = /`((?:[^`]|``)+)`/uy
const TEXT = /'((?:[^'\\]|\\[\s\S]|'')*)'|"((?:[^"\\]|\\[\s\S]|"")*)"/uy
const SYMBOL = /<=>|<=|>=|<>|!=|==|\|\||::|->|&&|[-+*/%=<>(),.;:[\]{}!~^&|?]/uy

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  '0': '\0',
}

/** Throws a parse error (SqlError) at the first character that begins no token. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  const lines = lineStarts(source)
  for (let at = 0; at < source.length;) {
    const space = match(SPACE, source, at)
    if (space !== null) {
      at += space[0].length
      continue
    }
    const position = positionAt(lines, at)
    const [kind, length, value] = next(source, at, position)
    tokens.push({ kind, value, start: at, end: at + length, ...position })
    at += length
  }
  return tokens
}

/** Splits at top-level semicolons; empty statements are left out. */
export function splitStatements(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.value === ';') statements.push([])
    else statements.at(-1)?.push(token)
  }
  return statements.filter((s) => s.length > 0)
}

function next(source: string, at: number, position: Position): [Token['kind'], number, string] {
  const word = match(WORD, source, at)
  if (word !== null) return ['word', word[0].length, word[0]]
  const number = match(NUMBER, source, at)
  if (number !== null) return ['number', number[0].length, number[0]]
  const name = match(NAME, source, at)
  if (name !== null) return ['name', name[0].length, (name[1] ?? '').replaceAll('``', '`')]
  const text = match(TEXT, source, at)
  if (text !== null) {
    const quote = text[0].charAt(0)
    return ['text', text[0].length, unescape(text[1] ?? text[2] ?? '', quote)]
  }
  const symbol = match(SYMBOL, source, at)
  if (symbol !== null) return ['symbol', symbol[0].length, symbol[0]]
  throw parseError(position, `invalid token '${source.charAt(at)}'`)
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(source)
}

function unescape(content: string, quote: string): string {
  return content
    .replaceAll(quote + quote, `\\${quote}`)
    .replaceAll(/\\u([0-9a-fA-F]{4})|\\([\s\S])/g, (_, hex?: string, char?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      // LIKE's own escapes must reach LIKE.
      if (char === '%' || char === '_') return `\\${char}`
      return ESCAPES[char ?? ''] ?? char ?? ''
    })
}

function lineStarts(source: string): number[] {
  const starts = [0]
  for (let i = source.indexOf('\n'); i >= 0; i = source.indexOf('\n', i + 1)) starts.push(i + 1)
  return starts
}

function positionAt(starts: readonly number[], at: number): Position {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= at) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: at - (starts[low] as number) + 1 }
}
