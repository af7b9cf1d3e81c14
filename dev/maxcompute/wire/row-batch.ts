import type { OdpsType } from '../type/odps-type.ts'
import type { Value } from './value.ts'

/** DuckDB's vector size: one batch becomes one data chunk. */
export const BATCH_ROWS = 2048

/**
 * How a column's values are held:
 * - `words`: 64 bits a row as two little-endian 32-bit words (integers, DATE, DATETIME, BOOLEAN, the bits of
 *   a DOUBLE; the bits of a FLOAT in the low word),
 * - `bytes`: row i is `data[starts[i] .. starts[i] + lengths[i])` (text, BINARY, JSON, DECIMAL as text),
 * - `seconds`: seconds in `words`, nanoseconds in `nanos`,
 * - `nested`: one decoded value a row.
 */
export type Layout = 'words' | 'bytes' | 'seconds' | 'nested'

export interface BatchColumn {
  readonly type: OdpsType
  readonly layout: Layout
  /** 1 where the row has a value, 0 for NULL. */
  readonly present: Uint8Array
  readonly words: Int32Array
  readonly nanos: Int32Array
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
  readonly nested: Value[]
  data: Uint8Array
}

/** Rows as columns; what `data` points to is valid only while the batch's receiver runs. */
export interface RowBatch {
  rowCount: number
  readonly columns: readonly BatchColumn[]
}

const NONE_32 = new Int32Array(0)
const NONE_U32 = new Uint32Array(0)
const NO_BYTES = new Uint8Array(0)

export function layoutOf(type: OdpsType): Layout {
  switch (type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
    case 'binary':
    case 'json':
    case 'decimal':
      return 'bytes'
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return 'seconds'
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return 'nested'
    default:
      return 'words'
  }
}

export function newRowBatch(types: readonly OdpsType[]): RowBatch {
  return {
    rowCount: 0,
    columns: types.map((type) => {
      const layout = layoutOf(type)
      const isWords = layout === 'words' || layout === 'seconds'
      return {
        type,
        layout,
        present: new Uint8Array(BATCH_ROWS),
        words: isWords ? new Int32Array(2 * BATCH_ROWS) : NONE_32,
        nanos: layout === 'seconds' ? new Int32Array(BATCH_ROWS) : NONE_32,
        starts: layout === 'bytes' ? new Uint32Array(BATCH_ROWS) : NONE_U32,
        lengths: layout === 'bytes' ? new Uint32Array(BATCH_ROWS) : NONE_U32,
        nested: [],
        data: NO_BYTES,
      }
    }),
  }
}

export function clearRowBatch(batch: RowBatch): void {
  batch.rowCount = 0
  for (const column of batch.columns) {
    column.present.fill(0)
    if (column.layout === 'nested') column.nested.length = 0
  }
}
