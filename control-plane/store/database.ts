/**
 * The one door to the store, the same for the embedded one and a PostgreSQL server. SQL stands only
 * in this folder, one statement a module; everyone else calls those modules with a Database.
 *
 * Both backends give the same JavaScript values: bigint columns as numbers (an integer beyond 2^53
 * is an error), jsonb parsed, bytea as Uint8Array, uuid and text as strings. `sum(bigint)` is numeric
 * in SQL and so a string here: statements cast it (`sum(x)::bigint`). count(*) is a bigint already.
 *
 * Parameters: a bigint column takes a number, bytea a Uint8Array, an array type a JavaScript array.
 * jsonb always goes as `jsonParam(value)` (json-param.ts) to `$n::jsonb`: the drivers disagree about
 * bare objects and arrays, and agree about text. Free text that may come from outside goes through
 * `storableText`: PostgreSQL's text cannot hold U+0000.
 */
export interface Database {
  /** One statement with $1.. parameters; resolves with its rows. */
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>
  /**
   * All or nothing, at READ COMMITTED. The work must use the Database that it is given: the outer one
   * inside its own transaction is refused with FAILED (it would wait for itself on the embedded
   * store). A transaction inside a transaction is a savepoint: undone alone when its work throws.
   * An error that the work throws comes out as it is, after the rollback. UNAVAILABLE at the end
   * of a transaction leaves open whether it was committed.
   */
  transaction<T>(work: (tx: Database) => Promise<T>): Promise<T>
}

/** A database that owns its connections. */
export interface OpenDatabase extends Database {
  close(): Promise<void>
}

/** What the store tells its callers apart; everything else is a bug or an outage. */
export type StoreErrorCode =
  | 'CONFLICT' // a unique index or a foreign key said no: `constraint` names it
  | 'FENCED' // another control plane process has taken over the store
  | 'UNAVAILABLE' // the server cannot be reached, or the embedded store is held by another process
  | 'FAILED'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  /** The unique index or foreign key, for CONFLICT. */
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
