/**
 * One decoded value, independent of DuckDB and of the wire format.
 *
 * bigint: all integers, DATETIME (ms since the epoch), DATE (days), INTERVAL_YEAR_MONTH (months).
 * number: FLOAT, DOUBLE. Uint8Array: STRING, VARCHAR, CHAR, BINARY, JSON, and DECIMAL as its text.
 * SecondsNanos: TIMESTAMP, TIMESTAMP_NTZ, INTERVAL_DAY_TIME. Array: ARRAY, VECTOR, and STRUCT in declared order.
 */
export type Value =
  | null
  | bigint
  | number
  | boolean
  | Uint8Array
  | SecondsNanos
  | MapEntries
  | readonly Value[]

/** seconds = floor, 0 <= nanos < 1e9. */
export interface SecondsNanos {
  readonly seconds: bigint
  readonly nanos: number
}

/** A MAP in wire order. */
export interface MapEntries {
  readonly entries: readonly (readonly [Value, Value])[]
}

export function isSecondsNanos(value: Value): value is SecondsNanos {
  return typeof value === 'object' && value !== null && 'seconds' in value
}

export function isMapEntries(value: Value): value is MapEntries {
  if (typeof value !== 'object' || value === null || !('entries' in value)) return false
  // Arrays and byte arrays have a method of that name.
  return Array.isArray(value.entries)
}
