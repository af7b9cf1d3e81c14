/**
 * The one door to the store, the same for the embedded one and a PostgreSQL server. SQL stands only
 * in this folder, one statement a module; everyone else calls those modules with a Database.
 *
 * Both backends give the same JavaScript values: bigint columns as numbers (an integer beyond 2^53
 * is an error), jsonb parsed, bytea as Uint8Array, uuid and text as strings.
 */
export interface Database {
  /** One statement with $1.. parameters; resolves with its rows. */
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>
  /** All or nothing. The work must use the Database that it is given, not the outer one. */
  transaction<T>(work: (tx: Database) => Promise<T>): Promise<T>
}

/** A database that owns its connections. */
export interface OpenDatabase extends Database {
  close(): Promise<void>
}

/** What the store tells its callers apart; everything else is a bug or an outage. */
export type StoreErrorCode =
  | 'CONFLICT' // a unique index said no: `constraint` names it
  | 'FENCED' // another control plane process has taken over the store
  | 'UNAVAILABLE' // the server cannot be reached
  | 'FAILED'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  /** The unique index or constraint, for CONFLICT. */
  readonly constraint: string | null

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { constraint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.constraint = options.constraint ?? null
  }
}
