/**
 * JavaScript values of a downloaded row. Text stays bytes, because a STRING may hold anything.
 *
 *   TINYINT SMALLINT INT FLOAT DOUBLE   number              BIGINT     bigint
 *   BOOLEAN                             boolean             DECIMAL    string, plain or with an exponent, as it was sent
 *   STRING VARCHAR CHAR BINARY JSON     Buffer              DATETIME   Date
 *   DATE                                number of days since 1970-01-01
 *   TIMESTAMP TIMESTAMP_NTZ INTERVAL_DAY_TIME               { seconds: bigint, nanos: number }
 *   INTERVAL_YEAR_MONTH                 number of months
 *   ARRAY VECTOR                        array               STRUCT     object by field name
 *   MAP                                 array of [key, value] pairs, in the order of the wire
 */
export type RowValue =
  | null
  | number
  | bigint
  | boolean
  | string
  | Buffer
  | Date
  | SecondsAndNanos
  | readonly RowValue[]
  | { readonly [field: string]: RowValue }

export interface SecondsAndNanos {
  readonly seconds: bigint
  /** 0 to 999,999,999. */
  readonly nanos: number
}

/** One value per requested column. */
export type Row = readonly RowValue[]
