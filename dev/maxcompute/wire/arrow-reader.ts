import { ArrowArrayReader } from './arrow-array.ts'
import type { ArrowArray } from './arrow-array.ts'
import { ArrowFrameReader } from './arrow-frame.ts'
import { ArrowMessageReader } from './arrow-messages.ts'
import type { BatchHeader } from './arrow-messages.ts'
import { fillColumn } from './arrow-values.ts'
import { BlockError } from './block-error.ts'
import type { BlockReader } from './record-reader.ts'
import { FIELD_BYTES_MAX } from './record-scanner.ts'
import type { StreamColumn } from './record-tags.ts'
import { BATCH_ROWS, clearRowBatch, newRowBatch } from './row-batch.ts'
import type { RowBatch } from './row-batch.ts'

/**
 * A block in the Arrow format (grammars: arrow-frame.ts, arrow-messages.ts). Memory: one record batch.
 * Without a receiver only the frame, the checksums and the headers are checked, and bodies are not gathered.
 */
export class ArrowReader implements BlockReader {
  recordCount = 0
  private readonly columns: readonly StreamColumn[]
  private readonly receive: ((batch: RowBatch) => void) | null
  private readonly frame: ArrowFrameReader
  private readonly messages: ArrowMessageReader
  private readonly batch: RowBatch

  constructor(columns: readonly StreamColumn[], receive: ((batch: RowBatch) => void) | null) {
    this.columns = columns
    this.receive = receive
    this.batch = newRowBatch(columns.map((c) => c.type))
    this.messages = new ArrowMessageReader((header, body) => this.recordBatch(header, body), {
      skipsBodies: receive === null,
    })
    this.frame = new ArrowFrameReader((payload) => this.messages.push(payload))
  }

  push(piece: Uint8Array): void {
    this.frame.push(piece)
  }

  end(): void {
    this.frame.end()
    this.messages.end()
  }

  private recordBatch(header: BatchHeader, body: Uint8Array): void {
    const reader = new ArrowArrayReader(header, this.receive === null ? null : body)
    const arrays = this.columns.map((c) => {
      const array = reader.array(c.type)
      this.checkColumn(c, array, header)
      return array
    })
    reader.end()
    if (this.receive !== null) this.deliver(arrays, header.rowCount, this.receive)
    this.recordCount += header.rowCount
  }

  private checkColumn(column: StreamColumn, array: ArrowArray, header: BatchHeader): void {
    if (array.length !== header.rowCount) {
      throw this.error(column, `${array.length} values stand in a batch of ${header.rowCount} rows`)
    }
    if (!column.isNullable && array.validity !== null) {
      throw this.error(column, 'the column is NOT NULL and the batch has NULLs')
    }
    let start = 0
    for (const offset of array.children.length === 0 ? array.offsets : []) {
      if (offset - start > FIELD_BYTES_MAX) {
        throw this.error(
          column,
          `a field has ${offset - start} bytes, the limit is ${FIELD_BYTES_MAX}`,
        )
      }
      start = offset
    }
  }

  private deliver(
    arrays: readonly ArrowArray[],
    rowCount: number,
    receive: (batch: RowBatch) => void,
  ): void {
    for (let from = 0; from < rowCount; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, rowCount - from)
      clearRowBatch(this.batch)
      this.batch.rowCount = count
      for (const [i, column] of this.batch.columns.entries()) {
        fillColumn(column, arrays[i] as ArrowArray, from, count)
      }
      receive(this.batch)
    }
  }

  private error(column: StreamColumn, problem: string): BlockError {
    const message = `Arrow block, column ${column.name}, batch after record ${this.recordCount}: ${problem}`
    return new BlockError('MalformedDataStream', message)
  }
}
