/** The service's numbers for failed SQL. */
export type SqlErrorCode =
  | 'ODPS-0121095'
  | 'ODPS-0123091'
  | 'ODPS-0130013'
  | 'ODPS-0130071'
  | 'ODPS-0130131'
  | 'ODPS-0130161'
  | 'ODPS-0130211'
  | 'ODPS-0010000'

export interface Position {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** A statement that failed; `text` is what the instance's result says. */
export class SqlError extends Error {
  readonly code: SqlErrorCode
  readonly position: Position | null
  constructor(
    code: SqlErrorCode,
    position: Position | null,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'SqlError'
    this.code = code
    this.position = position
  }

  get text(): string {
    const { position } = this
    const where = position === null ? '' : `[${position.line},${position.column}] `
    return `${this.code}:${where}${this.message}`
  }
}

export function parseError(position: Position | null, message: string): SqlError {
  return new SqlError('ODPS-0130161', position, `Parse exception - ${message}`)
}

export function semanticError(position: Position | null, message: string): SqlError {
  return new SqlError('ODPS-0130071', position, `Semantic analysis exception - ${message}`)
}

export function tableNotFound(position: Position | null, project: string, name: string): SqlError {
  const full = name.includes('.') ? name : `${project}.${name}`
  const message = `Table not found - table ${full} cannot be resolved`
  return new SqlError('ODPS-0130131', position, message)
}
