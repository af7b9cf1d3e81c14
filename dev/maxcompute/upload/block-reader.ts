import { checkBatch } from '../store/check-batch.ts'
import type { ColumnDef } from '../store/table-def.ts'
import { ArrowReader } from '../wire/arrow-reader.ts'
import { RecordReader } from '../wire/record-reader.ts'
import type { BlockReader } from '../wire/record-reader.ts'
import type { RowBatch } from '../wire/row-batch.ts'
import type { BlockFormat } from './session.ts'

/** Reads a block and refuses what could not be loaded; `receive` gets its rows. */
export function newBlockReader(
  format: BlockFormat,
  columns: readonly ColumnDef[],
  receive: (batch: RowBatch) => void,
): BlockReader {
  let firstRecord = 1
  const check = (batch: RowBatch): void => {
    checkBatch(batch, columns, firstRecord)
    firstRecord += batch.rowCount
    receive(batch)
  }
  return format === 'arrow' ? new ArrowReader(columns, check) : new RecordReader(columns, check)
}

/** Checks frame, checksums, counts and schema of a block whose rows are thrown away. */
export function newDiscardingReader(
  format: BlockFormat,
  columns: readonly ColumnDef[],
): BlockReader {
  return format === 'arrow' ? new ArrowReader(columns, null) : new RecordReader(columns, () => {})
}
