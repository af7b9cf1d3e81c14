import { parseError } from './sql-error.ts'
import type { Position, SqlError } from './sql-error.ts'
import type { TableName } from './statement.ts'
import type { Token } from './tokenize.ts'

/** Reads one statement's tokens from left to right. Its methods throw parse errors at the token they meet. */
export class TokenReader {
  readonly source: string
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source
    this.tokens = tokens
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead]
  }

  /** Where the next token stands, or the end of the last one. */
  get position(): Position {
    const token = this.peek()
    if (token !== undefined) return token
    const last = this.tokens.at(-1)
    if (last === undefined) return { line: 1, column: 1 }
    return { line: last.line, column: last.column + last.end - last.start }
  }

  isWord(...words: readonly string[]): boolean {
    return words.every((word, i) => {
      const token = this.peek(i)
      return token?.kind === 'word' && token.value.toUpperCase() === word
    })
  }

  isSymbol(symbol: string): boolean {
    const token = this.peek()
    return token?.kind === 'symbol' && token.value === symbol
  }

  /** Takes the words if all of them stand here. */
  skipWords(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false
    this.at += words.length
    return true
  }

  skipSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.at += 1
    return true
  }

  expectWords(...words: readonly string[]): void {
    if (!this.skipWords(...words)) throw this.unexpected(`'${words.join(' ')}'`)
  }

  expectSymbol(symbol: string): void {
    if (!this.skipSymbol(symbol)) throw this.unexpected(`'${symbol}'`)
  }

  /** An identifier in lower case: names are case-insensitive. */
  identifier(): string {
    const token = this.peek()
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) {
      throw this.unexpected('a name')
    }
    this.at += 1
    return token.value.toLowerCase()
  }

  text(): string {
    const token = this.peek()
    if (token?.kind !== 'text') throw this.unexpected('a string')
    this.at += 1
    return token.value
  }

  integer(): number {
    const token = this.peek()
    if (token?.kind !== 'number' || !/^\d{1,9}$/.test(token.value)) {
      throw this.unexpected('a whole number')
    }
    this.at += 1
    return Number(token.value)
  }

  take(): Token {
    const token = this.peek()
    if (token === undefined) throw this.unexpected('more')
    this.at += 1
    return token
  }

  /** `[project.[schema.]]name`. */
  tableName(): TableName {
    const { line, column } = this.position
    const parts = [this.identifier()]
    while (this.skipSymbol('.')) parts.push(this.identifier())
    if (parts.length === 3 && parts[1] !== 'default') {
      throw parseError(
        { line, column },
        `schema '${parts[1] ?? ''}' is not supported: only default`,
      )
    }
    if (parts.length > 3) throw parseError({ line, column }, 'a table name has too many parts')
    const project = parts.length > 1 ? (parts[0] ?? null) : null
    return { project, name: parts.at(-1) ?? '', line, column }
  }

  rest(): readonly Token[] {
    const rest = this.tokens.slice(this.at)
    this.at = this.tokens.length
    return rest
  }

  end(): void {
    if (this.peek() !== undefined) throw this.unexpected('the end of the statement')
  }

  unexpected(wanted: string): SqlError {
    const token = this.peek()
    const found = token === undefined ? 'the end' : `'${this.source.slice(token.start, token.end)}'`
    return parseError(this.position, `invalid token ${found}, expect ${wanted}`)
  }
}
