/**
 * What flows from the reader to the block encoders: a batch of columns, never an object per row.
 *
 * Like Arrow, each column is a few typed arrays. Unlike Arrow, a column of bytes does not own
 * contiguous data: it points into the buffer that the values already lie in (the fetch response,
 * or the decompressed record batch), so the encoder's copy into the block is the only one made.
 *
 * A batch is valid until the next one is asked for; whoever needs it longer copies it.
 */

/** Row i is `data[starts[i] .. starts[i] + lengths[i])`; a length of -1 is NULL. */
export interface BytesColumn {
  readonly kind: 'bytes'
  readonly data: Uint8Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
}

/**
 * All integer types, DATETIME (ms since the epoch) and DATE (days since the epoch).
 * `nulls[i]` is 1 for NULL; the array itself is null when no row is NULL.
 * Encoders may view `values.buffer` as pairs of Int32 (little endian) to avoid a BigInt per row.
 */
export interface Int64Column {
  readonly kind: 'int64'
  readonly values: BigInt64Array
  readonly nulls: Uint8Array | null
}

/** FLOAT and DOUBLE. */
export interface Float64Column {
  readonly kind: 'float64'
  readonly values: Float64Array
  readonly nulls: Uint8Array | null
}

/** BOOLEAN: 0 or 1 a row. */
export interface BoolColumn {
  readonly kind: 'bool'
  readonly values: Uint8Array
  readonly nulls: Uint8Array | null
}

/** TIMESTAMP, TIMESTAMP_NTZ: floor seconds since the epoch and 0..999,999,999 nanoseconds. */
export interface TimestampColumn {
  readonly kind: 'timestamp'
  readonly seconds: BigInt64Array
  readonly nanos: Int32Array
  readonly nulls: Uint8Array | null
}

/** ARRAY, MAP, STRUCT, intervals: the slow path, a JavaScript value a row (null is NULL). */
export interface NestedColumn {
  readonly kind: 'nested'
  readonly values: readonly unknown[]
}

/**
 * STRING, VARCHAR, CHAR, BINARY, JSON come as `bytes`; DECIMAL too, as plain ASCII decimal text.
 */
export type Column =
  | BytesColumn
  | Int64Column
  | Float64Column
  | BoolColumn
  | TimestampColumn
  | NestedColumn

export interface ColumnBatch {
  readonly rowCount: number
  /** One per data column of the upload session's schema, in its order. null: every row is NULL. */
  readonly columns: readonly (Column | null)[]
}
